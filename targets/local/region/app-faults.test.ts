import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import type {
  AppContext,
  Deployment,
  Identity,
  Message,
  MessageSender,
} from "../../../layers/api/index.ts";
import { AppFaults } from "./app-faults.ts";
import { deliverMessages } from "./region-identity.ts";

let logged: object[];
let faults: AppFaults;
beforeEach(() => {
  logged = [];
  faults = new AppFaults({
    appFolders: ["/shop/"],
    platformFolders: ["/shop/platform/"],
    log: { error: (fields) => void logged.push(fields) },
  });
});

const thrownIn = (place: string): Error => {
  const error = new Error("thrown");
  error.stack = `Error: thrown\n    at JSON.parse (<anonymous>)\n    at ${place}\n    at node:internal/x:1:1`;
  return error;
};

describe("a fault", () => {
  test("of the function that carries messages costs the message, and what it left is claimed", async () => {
    let sender: MessageSender | undefined;
    const identity = { deliverMessages: (given: MessageSender) => (sender = given) };
    const left: Promise<boolean>[] = [];
    const messages = (): Promise<void> => {
      left.push(sleep(1).then(() => faults.claim(new Error("left behind"))));
      throw new Error("no server");
    };
    const context = {} as AppContext;
    const given = [{ messages } as unknown as Deployment, identity as unknown as Identity] as const;
    deliverMessages(...given, context, faults);
    await expect(sender?.send({} as Message)).rejects.toThrow("no server");
    expect(await left[0]).toBe(true);
  });

  test("in what an app started is claimed, logged with its stack, and counted by app", async () => {
    const claimed = faults.run("shop", () => sleep(1).then(() => faults.claim(new Error("late"))));
    expect(await claimed).toBe(true);
    expect(logged).toMatchObject([{ event: "fault", app: "shop" }]);
    expect((logged[0] as { error: string }).error).toContain("    at ");
    expect([...faults.counts]).toEqual([["shop", 1]]);
  });

  test("ends the request that is under way, once, and is left to who answers", async () => {
    const answer = faults.answer("shop", async () => {
      await sleep(1);
      expect(faults.claim(new Error("first"))).toBe(true);
      expect(logged).toEqual([]);
      expect(faults.claim(new Error("second"))).toBe(true);
      return new Response();
    });
    await expect(answer).rejects.toThrow("first");
    await expect.poll(() => logged).toHaveLength(1);
  });

  test("outside of any app's code is not claimed", () => {
    expect(faults.claim(new Error("the platform's"))).toBe(false);
    expect(faults.counts.size).toBe(0);
  });

  test.each([
    ["act (file:///shop/app.mjs:3:4)", true],
    ["async /shop/my app.ts:3:4", true],
    ["act (/shop/platform/layers/core.js:3:4)", false],
    ["act (/shop/node_modules/lib/main.js:3:4)", false],
    ["act (/elsewhere/app.mjs:3:4)", false],
  ])("without a mark is an app's where an app's file threw it: %s", (place, isClaimed) => {
    expect(faults.claim(thrownIn(place))).toBe(isClaimed);
  });

  test.each([undefined, null, "text", { code: 1 }])(
    "that is no error is claimed within an app, and not outside: %s",
    (value) => {
      expect(faults.claim(value)).toBe(false);
      expect(faults.run("shop", () => faults.claim(value))).toBe(true);
    },
  );
});

/** A front door before two fake regions, for its tests. *adapter for tests* */
import { Agent, fetch } from "undici";
import { afterEach, expect } from "vitest";
import { type FakeRegion, recordFor, startFakeRegion } from "./fake-region.ts";
import { type FrontDoorOptions, startFrontDoor } from "./front-door.ts";

export const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

export async function setUp(options: Partial<FrontDoorOptions> = {}, serving = ["a"]) {
  const a = await startFakeRegion("a");
  const b = await startFakeRegion("b");
  for (const region of [a, b]) {
    if (serving.includes(region.id)) region.serves.add("tickets");
    region.push(recordFor("tickets", serving, 1));
    stops.push(() => {
      region.thaw();
      region.kill();
    });
  }
  const logged: Record<string, unknown>[] = [];
  const info = (fields: object): void => void logged.push(fields as Record<string, unknown>);
  const log = { debug: info, info, warn: info, error: info };
  const door = await startFrontDoor({ port: 0, regions: [a, b], log, ...options });
  stops.push(() => door.close());
  await until(() => door.table().apps.get("tickets")?.version === 1);
  await until(() => a.followers() === 1 && b.followers() === 1);
  const agent = new Agent({ connections: 256 });
  stops.push(() => agent.destroy());
  const call = (path: string, init: Parameters<typeof fetch>[1] = {}) =>
    fetch(`${door.url}${path}`, { dispatcher: agent, ...init });
  return { a, b, door, call, logged };
}

export const until = (condition: () => boolean): Promise<void> =>
  expect.poll(condition, { interval: 2 }).toBe(true);

export const post = (key?: string, body = "{}") => ({
  method: "POST",
  body,
  headers: key === undefined ? {} : { "idempotency-key": key },
});

/** B takes the app over, as its own process would tell. */
export function takeOver(b: FakeRegion, epoch = 2): void {
  b.epoch = epoch;
  b.serves.add("tickets");
  b.push(recordFor("tickets", ["b"], epoch));
}

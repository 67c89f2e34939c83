import type { Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { LIMITS } from "./door.ts";
import { Patience } from "./patience.ts";

test("a request whose connection is over meets its deadline, and ends no process", async () => {
  const request: { complete: boolean; socket: Pick<Socket, "bytesRead"> | null } = {
    complete: false,
    socket: { bytesRead: 0 },
  };
  const met = new Promise<void>((deadline) => {
    const limits = { ...LIMITS, answerMs: 1 };
    const silence = (): void => expect.fail("a bare request is never given company");
    const patience = new Patience(limits, request as { complete: boolean; socket: Socket }, {
      silence,
      deadline,
    });
    patience.watch("bare", undefined);
    request.socket = null;
  });
  await expect(met).resolves.toBeUndefined();
});

afterEach(() => void vi.useRealTimers());

test("a region has its whole time after the last of a body has come", () => {
  vi.useFakeTimers();
  const request = { complete: false, socket: { bytesRead: 0 } };
  const deadline = vi.fn();
  const limits = { ...LIMITS, answerMs: 100 };
  const patience = new Patience(limits, request, { silence: () => undefined, deadline });
  patience.watch("bare", undefined);
  vi.advanceTimersByTime(90);
  request.socket.bytesRead = 10;
  request.complete = true;
  vi.advanceTimersByTime(100);
  expect(deadline).not.toHaveBeenCalled();
  vi.advanceTimersByTime(100);
  expect(deadline).toHaveBeenCalledOnce();
});

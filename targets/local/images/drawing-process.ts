/**
 * The process that decodes what strangers sent, so that a crash or a hang in a decoder takes no
 * region with it. *composition*
 *
 * It is given bytes and gives bytes; it opens no file and no socket. It ends with its parent.
 */
import { setPriority } from "node:os";
import { drawImage } from "./drawing.ts";
import type { DrawAnswer, DrawJob } from "./messages.ts";

/** Serving comes first. */
const PRIORITY = 5;

export function runDrawingProcess(): void {
  setPriority(PRIORITY);
  // A signal for the whole group is the parent's business, which closes the channel.
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.on("message", (message) => {
    const { job, request } = message as DrawJob;
    void drawImage(request).then((outcome) => {
      const answer: DrawAnswer = { job, outcome };
      process.send?.(answer);
    });
  });
}

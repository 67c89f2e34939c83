/** The test of docs/concepts/testing.md, word for word. */
import { expect, test } from "vitest";
import deployment from "../understudy.config.ts";
import { simulate } from "./index.ts";

test("a ticket that was acknowledged survives the loss of its region", async () => {
  const world = await simulate({ deployment, seed: 42 });
  const reporter = world.client({ near: "eu-west-1" });
  await reporter.signIn("reporter");
  const ticket = { description: "The printer on floor 3 is on fire" };
  const made = await reporter.send("POST", "/tickets/api/tickets", ticket);
  expect(made.status).toBe(201);
  expect(made.region).toBe("eu-west-1");

  world.kill("eu-west-1");
  const read = await reporter.send("GET", `/tickets/api/tickets/${made.body.id}`);
  expect(read.body.description).toBe(ticket.description);
  const next = await reporter.send("POST", "/tickets/api/tickets", ticket);
  expect(next.region).toBe("ap-southeast-1");

  await world.advance("15m");
  const checked = await world.check();
  expect(checked.lost).toEqual([]);
  expect(checked.ok).toBe(true);
});

import { expect, test } from "vitest";
import { defineApp } from "./define-app.ts";
import { type DeploymentOptions, defineDeployment } from "./define-deployment.ts";

const app = defineApp({
  id: "app",
  mode: "active-passive",
  durability: "local",
  objectives: { rtoMs: 1, rpoMs: 1 },
  tables: [],
  api: () => undefined as never,
});
const define = (messages: unknown) =>
  defineDeployment({ regions: ["a", "b"], apps: [app], messages } as DeploymentOptions);
const from = "Shop <no-reply@shop.example>";

test("messages go through a function or a mail server; without either, operators read them", () => {
  const send = async () => undefined;
  expect(define(send).messages).toBe(send);
  const smtp = "smtps://user:pass@mail.example";
  expect(define({ smtp, from }).messages).toEqual({ smtp, from });
  expect(define({ smtp: "smtp://127.0.0.1:25", from: "a@b.example" }).messages).toBeTruthy();
  expect(define(undefined)).not.toHaveProperty("messages");
});

test.each([
  ["mail.example", "neither a function nor SMTP settings"],
  [{ from }, "no address of a mail server"],
  [{ smtp: "https://user:hush@mail.example", from }, "no address of a mail server"],
  [{ smtp: "user:hush@mail.example:25", from }, "no address of a mail server"],
  [{ smtp: "smtp://user:hush@mail.example" }, "no e-mail address"],
  [{ smtp: "smtp://user:hush@mail.example", from: "Shop" }, "no e-mail address"],
  [{ smtp: "smtp://user:hush@mail.example", from: "a@b\r\nBcc: c@d" }, "no e-mail address"],
  [{ smtp: "smtp://user:hush@mail.example", from, port: 25 }, "an option has an unknown name"],
])("%j is refused, with the fix and without the password", (messages, why) => {
  expect(() => define(messages)).toThrow(why);
  expect(() => define(messages)).not.toThrow("hush");
});

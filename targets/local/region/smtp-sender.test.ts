import { afterEach, beforeEach, expect, test } from "vitest";
import type { Message } from "../../../layers/api/index.ts";
import { createSmtpSender } from "./smtp-sender.ts";
import { startMailServer, type TestMailServer } from "./testing/mail-server.ts";

const message: Message = {
  id: "2026-03-01T00:00:00.000Z.abc",
  kind: "password-reset",
  username: "rider",
  to: "rider@mail.example",
  code: "ABCD-EFGH-JKMN",
  createdOn: "2026-03-01T00:00:00.000Z",
  sentOn: undefined,
};
const from = "Shop <no-reply@shop.example>";
let server: TestMailServer;

beforeEach(async () => {
  server = await startMailServer();
});
afterEach(() => server.close());

test("a message arrives with its code, from and to whom it should, one id for all attempts", async () => {
  const sender = createSmtpSender({ smtp: server.url, from });
  await sender.send(message);
  await sender.send(message);
  expect(server.mails).toHaveLength(2);
  const [first = "", second = ""] = server.mails;
  expect(first).toMatch(/^From: Shop <no-reply@shop\.example>$/m);
  expect(first).toMatch(/^To: rider@mail\.example$/m);
  expect(first).toContain("ABCD-EFGH-JKMN");
  expect(first).toContain("rider");
  const idOf = (mail: string) => /^Message-ID: (.*)$/m.exec(mail)?.[1];
  expect(idOf(second)).toBe(idOf(first));
  expect(idOf(first)).toContain("@understudy>");
  expect(server.logins[0]).toBe("\u0000clerk\u0000pass@word");
});

test("an address of another script reaches the mail server in a form that it knows", async () => {
  const sender = createSmtpSender({ smtp: server.url, from });
  await sender.send({ ...message, to: "info@münchen.de" });
  await sender.send({ ...message, to: "schäfer@münchen.de" });
  expect(server.recipients).toEqual([
    "RCPT TO:<info@xn--mnchen-3ya.de>",
    "RCPT TO:<schäfer@münchen.de>",
  ]);
  expect(server.mails[1]).toMatch(/^To: sch(?:ä|=\?)/m);
});

test("an address cannot be made into two, nor into a header", async () => {
  const to = "a@mail.example, b@mail.example\r\nBcc: c@mail.example";
  await createSmtpSender({ smtp: server.url, from })
    .send({ ...message, to, username: "x\r\nBcc: d@mail.example" })
    .catch(() => undefined);
  for (const mail of server.mails) expect(mail.split("\n\n")[0]).not.toMatch(/^Bcc:/im);
});

test("a server that refuses, or is not there, rejects the message", async () => {
  const sender = createSmtpSender({ smtp: server.url, from });
  server.answer = "451 try again later";
  await expect(sender.send(message)).rejects.toMatchObject({ responseCode: 451 });
  await server.close();
  await expect(sender.send(message)).rejects.toMatchObject({ code: "ESOCKET" });
});

test("a password is not sent in the clear to another machine", async () => {
  // A name that leads here, and is not known to: the server offers no TLS.
  const { port } = new URL(server.url);
  const sender = createSmtpSender({ smtp: `smtp://clerk:secret@0.0.0.0:${port}`, from });
  await expect(sender.send(message)).rejects.toThrow();
  expect(server.logins).toEqual([]);
});

/**
 * Messages through an SMTP server. *adapter*
 *
 * One connection a message: there are few, and a connection that was left open may be dead when the
 * next one comes. Where the address holds a password the server has to offer TLS, unless it is on
 * this machine.
 */
import { createTransport } from "nodemailer";
import type { Message, MessageSender, SmtpSettings } from "../../../layers/api/index.ts";

const CONNECT_MS = 5_000;
const SILENCE_MS = 8_000;
const LOOPBACK = /^(?:localhost|127\..*|\[::1\])$/;

export function createSmtpSender({ smtp, from }: SmtpSettings): MessageSender {
  const url = new URL(smtp);
  const secure = url.protocol === "smtps:";
  const user = decodeURIComponent(url.username);
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && user !== "" && !LOOPBACK.test(url.hostname),
    ...(user === "" ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async (message) => {
      const { id, to = "" } = message;
      const mail = textOf(message);
      // The same for each attempt, so that a mailbox can drop the second copy.
      const messageId = `<${id.replaceAll(/[^\w.-]/g, "-")}@understudy>`;
      await transport.sendMail({ from, to: { name: "", address: to }, messageId, ...mail });
    },
  };
}

function textOf({ username, code }: Message): { readonly subject: string; readonly text: string } {
  const lines = [
    `Hello ${username},`,
    "this code lets you set another password:",
    code,
    "It works once, within 15 minutes. If you did not ask for it, ignore this message.",
  ];
  return { subject: "Your code for a new password", text: lines.join("\n\n") };
}

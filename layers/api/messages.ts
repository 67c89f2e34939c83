/**
 * How a deployment's messages reach people: through a function, or an SMTP server. *pure*
 *
 * Checked when the config is loaded. What is refused never repeats the address, which may hold a
 * password.
 */
import type { Refuse } from "./check-app.ts";
import type { Message } from "./identity/outbox.ts";

/** Through a mail server. */
export interface SmtpSettings {
  /** `smtp://user:password@host:587`, or `smtps:` for TLS from the first byte (port 465). */
  readonly smtp: string;
  /** Whom messages come from: `Shop <no-reply@shop.example>`. */
  readonly from: string;
}

/** Carries one message, or rejects: it is tried again. May be called twice for one message's id. */
export type SendMessage = (message: Message) => Promise<void>;

export type MessageSettings = SendMessage | SmtpSettings;

export function checkMessages(messages: unknown, refuse: Refuse): void {
  if (messages === undefined || typeof messages === "function") return;
  const fix = 'Give a function, or { smtp: "smtp://user:password@host:587", from: "a@b.example" }.';
  if (typeof messages !== "object" || messages === null) {
    refuse("messages is neither a function nor SMTP settings", messages, fix);
  }
  const { smtp, from } = messages as Partial<SmtpSettings>;
  const unknown = Object.keys(messages as object).find((key) => key !== "smtp" && key !== "from");
  if (unknown !== undefined) refuse("messages: an option has an unknown name", unknown, fix);
  const url = typeof smtp === "string" && URL.canParse(smtp) ? new URL(smtp) : undefined;
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === "") {
    refuse("messages.smtp is no address of a mail server", "(not shown)", fix);
  }
  if (typeof from !== "string" || !/^[^\r\n]*[^\s@]+@[^\s@]+$/.test(from.replace(/>$/, ""))) {
    refuse("messages.from is no e-mail address", from, fix);
  }
}

/**
 * From the bytes of a question to the bytes of its reply. *pure*
 *
 *  B1 at most one reply, never to something that is itself a reply           (decodeQuery)
 *  B2 over UDP never more bytes than the asker takes, nor than UDP_MOST_BYTES (udpLimit)
 */
import { answer } from "./dns-answer.ts";
import type { Client } from "./dns-message.ts";
import { decodeQuery } from "./dns-query.ts";
import { encodeRefusal, encodeReply, TCP_MOST_BYTES, udpLimit } from "./dns-reply.ts";
import type { ZoneState } from "./dns-zone.ts";

export type Transport = "udp" | "tcp";

/** Undefined: say nothing. */
export function respond(
  bytes: Uint8Array,
  transport: Transport,
  client: Client,
  zone: ZoneState,
): Uint8Array | undefined {
  const asked = decodeQuery(bytes);
  if (asked.kind === "ignored") return undefined;
  if (asked.kind === "refused") return encodeRefusal(asked.header, asked.rcode);
  const { edns } = asked.query;
  const limitBytes = transport === "tcp" ? TCP_MOST_BYTES : udpLimit(edns?.sizeBytes);
  return encodeReply(asked, answer(asked.query, zone, client), limitBytes);
}

/** For a question whose answer failed: the asker should try another server, and not wait. */
export function respondFailure(bytes: Uint8Array): Uint8Array | undefined {
  const asked = decodeQuery(bytes);
  return asked.kind === "ignored" ? undefined : encodeRefusal(asked.header, "SERVFAIL");
}

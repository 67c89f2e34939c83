/**
 * Who may speak: both ends show that they know the deployment's secret. *pure*
 *
 *   dialer                                   acceptor
 *     hello {from, to, incarnation, nonce}  ->
 *          <- challenge {from, incarnation, nonce, version, proof}
 *     proof {proof}                         ->
 *          <- welcome
 *
 * A proof is HMAC-SHA256 over everything that was said, with the role in front, so that neither a
 * recording nor the other side's own proof is worth anything.
 *
 * It does not promise secrecy or integrity of what is said afterwards: links are for loopback and
 * for networks that are trusted or encrypted below.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Address } from "./address.ts";
import { WIRE_VERSION } from "./frame.ts";

export interface Identity {
  readonly address: Address;
  readonly incarnation: number;
  readonly secret: Uint8Array;
}

export interface Hello {
  readonly from: Address;
  readonly to: Address;
  readonly incarnation: number;
  readonly nonce: string;
  readonly versions: readonly number[];
}

export interface Challenge {
  readonly from: Address;
  readonly incarnation: number;
  readonly nonce: string;
  readonly version: number;
  readonly proof: string;
}

/** The other side is not who it should be, or speaks another protocol. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

const ADDRESS = /^[a-z][a-z0-9-]{0,31}\/[a-z0-9][a-z0-9-]{0,62}$/;
const NONCE = /^[0-9a-f]{64}$/;

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), "utf8");

function decode(payload: Buffer, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(payload.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Falls through: what is not JSON is refused like JSON of the wrong shape.
  }
  throw new HandshakeError(`the ${what} cannot be read`);
}

const isAddress = (value: unknown): value is Address =>
  typeof value === "string" && ADDRESS.test(value);
const isIncarnation = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
const isNonce = (value: unknown): value is string => typeof value === "string" && NONCE.test(value);

function prove(
  secret: Uint8Array,
  role: "dialer" | "acceptor",
  hello: Buffer,
  rest: Omit<Challenge, "proof">,
): Buffer {
  return createHmac("sha256", secret)
    .update(`understudy link ${role}\n`)
    .update(
      JSON.stringify([
        hello.toString("utf8"),
        rest.from,
        rest.incarnation,
        rest.nonce,
        rest.version,
      ]),
    )
    .digest();
}

function matches(expected: Buffer, got: unknown): boolean {
  if (typeof got !== "string") return false;
  const bytes = Buffer.from(got, "hex");
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

/** The dialer's side: one per connection. */
export function createDialerHandshake(self: Identity, to: Address) {
  const hello = encode({
    from: self.address,
    to,
    incarnation: self.incarnation,
    nonce: randomBytes(32).toString("hex"),
    versions: [WIRE_VERSION],
  } satisfies Hello);
  return {
    hello,
    /** Checks the acceptor's proof; answers ours and the acceptor's incarnation. */
    answer(payload: Buffer): { readonly proof: Buffer; readonly incarnation: number } {
      const said = decode(payload, "challenge");
      const { from, incarnation, nonce, version } = said;
      if (from !== to) throw new HandshakeError(`${String(from).slice(0, 80)} answered, not ${to}`);
      if (!isIncarnation(incarnation) || !isNonce(nonce) || version !== WIRE_VERSION) {
        throw new HandshakeError("the challenge has a field of the wrong shape");
      }
      const rest = { from: to, incarnation, nonce, version };
      if (!matches(prove(self.secret, "acceptor", hello, rest), said["proof"])) {
        throw new HandshakeError(`${to} does not know this deployment's secret`);
      }
      const proof = prove(self.secret, "dialer", hello, rest).toString("hex");
      return { proof: encode({ proof }), incarnation };
    },
  };
}

/** The acceptor's side: one per connection. */
export function createAcceptorHandshake(self: Identity) {
  let hello: Buffer | undefined;
  let peer: Hello | undefined;
  const rest = {
    from: self.address,
    incarnation: self.incarnation,
    nonce: randomBytes(32).toString("hex"),
    version: WIRE_VERSION,
  };
  return {
    challenge(payload: Buffer): Buffer {
      const said = decode(payload, "hello");
      const { from, to, incarnation, nonce, versions } = said;
      if (!isAddress(from) || !isIncarnation(incarnation) || !isNonce(nonce)) {
        throw new HandshakeError("the hello has a field of the wrong shape");
      }
      if (to !== self.address) {
        throw new HandshakeError(`${from} looks for ${String(to).slice(0, 80)} here`);
      }
      if (!Array.isArray(versions) || !versions.includes(WIRE_VERSION)) {
        throw new HandshakeError(`${from} does not speak version ${WIRE_VERSION}`);
      }
      hello = Buffer.from(payload);
      peer = { from, to: self.address, incarnation, nonce, versions: [WIRE_VERSION] };
      const proof = prove(self.secret, "acceptor", hello, rest).toString("hex");
      return encode({ ...rest, proof } satisfies Challenge);
    },
    /** Checks the dialer's proof; answers who it is. */
    admit(payload: Buffer): { readonly from: Address; readonly incarnation: number } {
      if (hello === undefined || peer === undefined)
        throw new HandshakeError("a proof before the hello");
      const said = decode(payload, "proof");
      if (!matches(prove(self.secret, "dialer", hello, rest), said["proof"])) {
        throw new HandshakeError(`${peer.from} does not know this deployment's secret`);
      }
      return { from: peer.from, incarnation: peer.incarnation };
    },
  };
}

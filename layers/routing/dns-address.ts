/**
 * Internet addresses and the networks they are in. *pure*
 *
 * Text is read once, when a zone is built; questions and answers carry bytes.
 */

export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 of them. */
  readonly bytes: readonly number[];
}

/** All addresses that begin with the first `bits` of `address`; the rest of it is zero. */
export interface Subnet {
  readonly address: IpAddress;
  readonly bits: number;
}

export const lengthOf = (family: 4 | 6): number => (family === 4 ? 4 : 16);

export function parseAddress(text: string): IpAddress | undefined {
  return text.includes(":") ? parseSix(text) : parseFour(text);
}

function parseFour(text: string): IpAddress | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part))) {
    return undefined;
  }
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? { family: 4, bytes } : undefined;
}

function parseSix(text: string): IpAddress | undefined {
  const tail = text.slice(text.lastIndexOf(":") + 1);
  const four = tail.includes(".") ? parseFour(tail) : undefined;
  if (tail.includes(".") && four === undefined) return undefined;
  const plain =
    four === undefined ? text : text.slice(0, text.length - tail.length) + hexGroups(four.bytes);
  const halves = plain.split("::");
  if (halves.length > 2) return undefined;
  const [head, rest] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const groups = [...(head ?? []), ...(rest ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const missing = 8 - groups.length;
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  const zeros = Array.from({ length: missing }, () => "0");
  const all = [...(head ?? []), ...zeros, ...(rest ?? [])].map((group) =>
    Number.parseInt(group, 16),
  );
  // An IPv4 address in IPv6 clothes (::ffff:1.2.3.4) is what a dual socket calls an IPv4 peer.
  const bytes = all.flatMap((group) => [group >> 8, group & 0xff]);
  const isMapped = all.slice(0, 5).every((group) => group === 0) && all[5] === 0xffff;
  return isMapped ? { family: 4, bytes: bytes.slice(12) } : { family: 6, bytes };
}

const hexGroups = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string =>
  `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;

/** `10.1.0.0/16`, or one address. Bits beyond the prefix must be zero. */
export function parseSubnet(text: string): Subnet | undefined {
  const [addressText = "", bitsText, ...more] = text.split("/");
  const address = parseAddress(addressText);
  if (address === undefined || more.length > 0) return undefined;
  const most = address.bytes.length * 8;
  if (bitsText !== undefined && !/^[0-9]{1,3}$/.test(bitsText)) return undefined;
  const bits = bitsText === undefined ? most : Number(bitsText);
  if (bits > most || !isClean({ address, bits })) return undefined;
  return { address, bits };
}

/** Whether no bit is set beyond the prefix. */
export const isClean = ({ address, bits }: Subnet): boolean =>
  address.bytes.every(
    (byte, at) => (byte & (0xff >> Math.min(8, Math.max(0, bits - at * 8)))) === 0,
  );

/** Whether `inner` lies wholly in `outer`. */
export function contains(outer: Subnet, inner: Subnet): boolean {
  if (outer.address.family !== inner.address.family || inner.bits < outer.bits) return false;
  return outer.address.bytes.every((byte, at) => {
    const kept = Math.min(8, Math.max(0, outer.bits - at * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) === ((inner.address.bytes[at] ?? 0) & mask);
  });
}

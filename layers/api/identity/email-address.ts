/**
 * An account's e-mail address, in any script (RFC 5321, RFC 6531). *pure*
 *
 * `dot-atom@domain`: letters, digits and signs of every script before the @, and behind it a domain
 * of two labels at least that IDNA can write in ASCII. Lengths are in bytes of UTF-8. Taken in NFC,
 * as RFC 6532 asks. Refused although the standards know it: quoted names, comments, addresses of
 * machines, domains without a dot; and what cannot be seen, which no person would find.
 */
import { z } from "zod";

const LOCAL_BYTES = 64;
const ADDRESS_BYTES = 254;
const LABEL_LENGTH = 63;
const DOMAIN_LENGTH = 253;

const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{C}\u2800\ufffc]/u;
/** What of ASCII may stand in an atom, and all beyond ASCII: the rest of the address is ASCII. */
const ATOM = "[\\w!#$%&'*+/=?^`{|}~\\-\\u0080-\\u{10ffff}]+";
const LOCAL = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, "u");
const LETTER = "[\\p{L}\\p{N}]";
const LABEL = `${LETTER}(?:[\\p{L}\\p{M}\\p{N}-]*[\\p{L}\\p{M}\\p{N}])?`;
const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+${LABEL}$`, "u");
const TOP_LEVEL = /\.(?:xn--[a-z0-9-]+|[a-z]{2,})$/i;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

function isAddress(address: string): boolean {
  const at = address.lastIndexOf("@");
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  if (at < 0 || UNSEEN.test(address) || bytesOf(address) > ADDRESS_BYTES) return false;
  if (!LOCAL.test(local) || bytesOf(local) > LOCAL_BYTES || !DOMAIN.test(domain)) return false;
  return isName(inAscii(domain));
}

/** As DNS is asked for it; undefined where IDNA has no such form. */
const inAscii = (domain: string): string | undefined =>
  URL.canParse(`http://${domain}/`) ? new URL(`http://${domain}/`).hostname : undefined;

const isName = (domain: string | undefined): boolean =>
  domain !== undefined &&
  domain.length <= DOMAIN_LENGTH &&
  TOP_LEVEL.test(domain) &&
  domain.split(".").every((label) => label.length <= LABEL_LENGTH);

export const emailAddress = z
  .string()
  .max(ADDRESS_BYTES, `An e-mail address has at most ${ADDRESS_BYTES} bytes.`)
  .transform((address) => address.normalize("NFC"))
  .refine(isAddress, {
    message: "An e-mail address is like name@domain.example, in any script, without quotes.",
  });

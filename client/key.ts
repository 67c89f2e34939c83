/** A new idempotency key: 122 random bits as a UUID; repeatable when randomness is given. */
export function createKey(random?: () => number): string {
  const bytes = new Uint8Array(16);
  // getRandomValues, not randomUUID: the latter is absent on pages served without TLS.
  if (random === undefined) crypto.getRandomValues(bytes);
  else for (let i = 0; i < 16; i++) bytes[i] = Math.floor(random() * 256);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(1)
    .map((end, i) => hex.slice(cuts[i], end))
    .join("-");
}

/** An end of a link: "region/eu-west-1", "voter/eu-west-1", "voter/witness", "front-door/1". */
export type Address = string;

/** Where a process of this deployment listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The site of a process that is in no region. */
export const WITNESS_SITE = "witness";
export const FRONT_DOOR_SITE = "front-door";

/**
 * The place that a fault hits: a region's process and its voter share one, so that cutting a region
 * off cuts both; every front door is at the site "front-door".
 */
export function siteOf(address: Address): string {
  const slash = address.indexOf("/");
  if (slash < 0) return address;
  const kind = address.slice(0, slash);
  return kind === FRONT_DOOR_SITE ? FRONT_DOOR_SITE : address.slice(slash + 1);
}

/** Bytes of objects travel on links of their own, which speak to nobody else. */
export const BYTES = "bytes";

const isForBytes = (address: Address): boolean => address.startsWith(`${BYTES}/`);

/** Of all the addresses those that a link speaks to. */
export const peersFor = (
  self: Address,
  peers: Readonly<Record<Address, Endpoint>>,
): Readonly<Record<Address, Endpoint>> =>
  Object.fromEntries(
    Object.entries(peers).filter(([peer]) => isForBytes(peer) === isForBytes(self)),
  );

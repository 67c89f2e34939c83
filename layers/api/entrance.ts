/**
 * How people reach a deployment where something stands before its front door: a proxy that ends
 * TLS, a load balancer. *pure* *public*
 *
 * Nothing that a client says of itself is believed unless the connection it came over is from one
 * of `trustedProxies`. An Entrance is plain data: processes hand it on as a message.
 */
export interface EntranceOptions {
  /** The origin that people type, e.g. "https://app.example.org". Absent: the front door's own. */
  readonly publicUrl?: string;
  /**
   * Addresses and networks ("10.0.0.7", "10.0.0.0/8", "fd00::/8") whose `X-Forwarded-For`, `-Proto`
   * and `-Host`, or `Forwarded`, are believed. Absent: none.
   */
  readonly trustedProxies?: readonly string[];
}

export interface Entrance {
  /** An origin, without a path. */
  readonly publicUrl?: string;
  readonly trustedProxies: readonly string[];
}

export const NO_ENTRANCE: Entrance = { trustedProxies: [] };

type Refuse = (what: string, got: unknown, fix: string) => never;

export function defineEntrance(options: EntranceOptions, refuse: Refuse): Entrance {
  const { publicUrl, trustedProxies = [] } = options;
  const proxies: unknown = trustedProxies;
  const wrong = Array.isArray(proxies) ? proxies.find((one) => !isNetwork(one)) : proxies;
  if (wrong !== undefined) {
    refuse(
      "trustedProxies is no list of addresses and networks",
      wrong,
      'Give IP addresses, with a prefix length where many are meant: ["10.0.0.0/8", "::1"].',
    );
  }
  if (publicUrl === undefined) return { trustedProxies };
  const url = typeof publicUrl === "string" && URL.canParse(publicUrl) ? new URL(publicUrl) : null;
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (url === null || !isWeb || url.href !== `${url.origin}/`) {
    refuse(
      "publicUrl is no origin",
      publicUrl,
      "Give scheme and host, and a port where it is needed, without a path: https://app.example.org",
    );
  }
  return { publicUrl: new URL(publicUrl).origin, trustedProxies };
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/;
const IPV4_BITS = 32;
const IPV6_BITS = 128;

function isNetwork(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const [address = "", bits, ...rest] = value.split("/");
  const isIpv6 = /^[0-9a-f:.]+$/i.test(address) && URL.canParse(`http://[${address}]/`);
  if ((!IPV4.test(address) && !isIpv6) || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (isIpv6 ? IPV6_BITS : IPV4_BITS);
}

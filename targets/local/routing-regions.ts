/**
 * The regions of the deployment as this one sees them. *adapter*
 *
 * Addresses come from the supervisor, `up` from the link, incarnations from who speaks on it, and
 * health from asking GET /health of each now and then. All of it is only told, nothing depends on
 * it: a region judges only itself.
 */
import type { RegionView, RoutingEvent } from "../../layers/routing/port.ts";
import type { Link } from "./link/link.ts";

export interface RegionWatch {
  all(): readonly RegionView[];
  urlOf(region: string): string | undefined;
  useAddresses(regions: readonly { readonly id: string; readonly url: string }[]): void;
  heard(region: string, incarnation: number): void;
  /** A region came, went, or changed. */
  listen(listener: (event: RegionNews) => void): void;
  close(): void;
}

export type RegionNews = Extract<RoutingEvent, { type: "region" | "regions" }>;

export interface RegionWatchOptions {
  readonly self: string;
  readonly incarnation: number;
  readonly link: Link;
  readonly ownHealth: () => boolean;
}

const LOOK_EVERY_MS = 1000;
const LOOK_LIMIT_MS = 1000;

export function watchRegions(options: RegionWatchOptions): RegionWatch {
  const { self, link } = options;
  let addresses: readonly { readonly id: string; readonly url: string }[] = [];
  const incarnations = new Map([[self, options.incarnation]]);
  const ill = new Set<string>();
  const told = new Map<string, string>();
  const listeners: ((event: RegionNews) => void)[] = [];

  const viewOf = ({ id, url }: { readonly id: string; readonly url: string }): RegionView => {
    const isSelf = id === self;
    const up = isSelf || link.peerState(`region/${id}`) === "up";
    const healthy = isSelf ? options.ownHealth() : up && !ill.has(id);
    return { id, url, up, healthy, incarnation: incarnations.get(id) ?? 0 };
  };
  const tell = (): void => {
    for (const address of addresses) {
      const view = viewOf(address);
      const text = JSON.stringify(view);
      if (told.get(view.id) === text) continue;
      told.set(view.id, text);
      for (const listener of listeners) listener({ type: "region", region: view });
    }
  };
  const look = async ({ id, url }: { readonly id: string; readonly url: string }) => {
    const isWell = await fetch(new URL("/health", url), {
      signal: AbortSignal.timeout(LOOK_LIMIT_MS),
    }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.ok;
      },
      () => false,
    );
    if (isWell) ill.delete(id);
    else ill.add(id);
    tell();
  };
  const timer = setInterval(() => {
    for (const address of addresses) if (address.id !== self) void look(address);
    tell();
  }, LOOK_EVERY_MS);
  link.onPeer((peer) => {
    if (peer.startsWith("region/")) tell();
  });
  return {
    all: () => addresses.map(viewOf),
    urlOf: (region) => addresses.find(({ id }) => id === region)?.url,
    useAddresses: (next) => {
      const isGone = addresses.some(({ id }) => !next.some((one) => one.id === id));
      addresses = next;
      tell();
      if (!isGone) return;
      const regions = addresses.map(viewOf);
      for (const listener of listeners) listener({ type: "regions", regions });
    },
    heard: (region, incarnation) => {
      if ((incarnations.get(region) ?? 0) >= incarnation) return;
      incarnations.set(region, incarnation);
      tell();
    },
    listen: (listener) => void listeners.push(listener),
    close: () => clearInterval(timer),
  };
}

/**
 * An address of its own for each region, on one machine. *adapter*
 *
 * A and AAAA records name no port. Where all of 127.0.0.0/8 is loopback (Linux; not macOS, not
 * Windows), each region can listen on an address of its own with a port common to all, and a plain
 * `http://tickets.understudy.test:PORT/` follows DNS from region to region.
 *
 *  L1 a region keeps its address for as long as `known` is handed back     (chooseLoopback)
 *  L2 two regions of one deployment never share one                        (chooseLoopback)
 *  L3 deployments side by side never listen on the same address and port: the port is that of the
 *     front door, and no two front doors share one on 127.0.0.1          (sites.ts, `names`)
 */
import { createSocket } from "node:dgram";

/** 127.0.x.y is left to everybody else. */
const NETWORKS = 254;
const SUBNETS = 256;
const HOSTS = 254;

/** Addresses by region; those in `known` stay as they are. */
export function chooseLoopback(
  deploymentId: string,
  regionIds: readonly string[],
  known: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const hash = hashOf(deploymentId);
  const network = `${1 + (hash % NETWORKS)}.${(hash >>> 8) % SUBNETS}`;
  const chosen: Record<string, string> = {};
  const taken = new Set(Object.values(known));
  for (const id of regionIds) {
    const old = known[id];
    if (old !== undefined) {
      chosen[id] = old;
      continue;
    }
    const first = hashOf(id) % HOSTS;
    for (let step = 0; step < HOSTS && chosen[id] === undefined; step++) {
      const address = `127.${network}.${1 + ((first + step) % HOSTS)}`;
      if (taken.has(address)) continue;
      taken.add(address);
      chosen[id] = address;
    }
  }
  return chosen;
}

/** Whether a process here may listen on it: tried, not guessed from the name of the system. */
export function isUsableAddress(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => socket.close(() => resolve(false)));
    socket.bind({ address, port: 0, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

/** FNV-1a: the same in every process and at every start. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

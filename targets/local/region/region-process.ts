/**
 * A region's main thread, as the supervisor starts it. *composition*
 *
 *   supervisor: config --> store, voter's thread, links, HTTP --> ready --> peers --> boot
 *
 * What it is made of is in region-node.ts; here is its life: start, duties, end. It ends by itself
 * when its store or its voter's directory has another user, when its voter's thread has died (a
 * region without its leases is none), or at a fault of its own; not at one of an app's code
 * (app-faults.ts). The supervisor starts it again.
 */
import { explainError } from "../../../base/errors.ts";
import { joinSupervisor } from "../supervisor/child.ts";
import { isGenuine } from "../supervisor/death-notice.ts";
import { AppFaults } from "./app-faults.ts";
import { foldersOf } from "./apps.ts";
import { Burden } from "./burden.ts";
import { createRegionLog } from "./log.ts";
import { RegionNode } from "./region-node.ts";

export async function runRegionProcess(entry: URL): Promise<void> {
  const supervisor = await joinSupervisor();
  const { config, opening } = supervisor;
  const log = createRegionLog(config.site);
  const end = (reason: string, status = 1): void => {
    log.error({ event: "end", reason }, "the region ends");
    log.flush();
    process.exit(status);
  };
  const faults = new AppFaults({ ...foldersOf(config), log });
  const judge = (error: unknown): void => {
    if (!faults.claim(error)) end(explainError(error));
  };
  process.on("uncaughtException", judge);
  process.on("unhandledRejection", judge);
  try {
    const burden = new Burden();
    const node = await RegionNode.start({ config, entry, log, faults, end, opening });
    supervisor.serve({
      peers: (message) => node.usePeers(message),
      faults: ({ faults }) => node.useFaults(faults),
      health: ({ broken }) => node.breakHealth(broken),
      overload: ({ share, durationMs }) => {
        if (share > 0 || burden.isOn) log.warn({ event: "overload", share, durationMs }, "burden");
        burden.begin(share, durationMs);
      },
      died: ({ notices }) => {
        for (const notice of notices) if (isGenuine(config.secretHex, notice)) node.died(notice);
      },
      members: (change) => node.changeMembers(change),
      status: () => node.status(),
      takeovers: ({ held }) => node.holdTakeovers(held),
      stop: async () => {
        burden.end();
        // A signal may have ended the others, too: who stops replaces nobody.
        node.holdTakeovers(true);
        await node.stop();
        log.flush();
      },
    });
    supervisor.ready(node.ready);
  } catch (error) {
    log.flush();
    await supervisor.failed(error);
  }
}

/**
 * A region's main thread, as the supervisor starts it. *composition*
 *
 *   supervisor: config --> store, voter's thread, links, HTTP --> ready --> peers --> boot
 *
 * What it is made of is in region-node.ts; here is its life: start, duties, end. It ends by itself
 * when its store or its voter's directory has another user, or when its voter's thread has died: a
 * region without its leases is none.
 */
import { explainError } from "../../../base/errors.ts";
import { joinSupervisor } from "../supervisor/child.ts";
import { isGenuine } from "../supervisor/death-notice.ts";
import { Burden } from "./burden.ts";
import { createRegionLog } from "./log.ts";
import { RegionNode } from "./region-node.ts";

export async function runRegionProcess(entry: URL): Promise<void> {
  const supervisor = await joinSupervisor();
  const { config } = supervisor;
  const log = createRegionLog(config.site);
  const end = (reason: string, status = 1): void => {
    log.error({ event: "end", reason }, "the region ends");
    log.flush();
    process.exit(status);
  };
  process.on("uncaughtException", (error) => end(explainError(error)));
  process.on("unhandledRejection", (error) => end(explainError(error)));
  try {
    const burden = new Burden();
    const node = await RegionNode.start({ config, entry, log, end });
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
      stop: async () => {
        burden.end();
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

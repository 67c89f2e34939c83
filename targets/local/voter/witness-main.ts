/**
 * The witness: a voter without data, in a process of its own. *composition*
 *
 * Started by the supervisor where the number of regions is even. It holds no lease, serves nothing
 * over HTTP, and loses nothing that its directory has.
 */
import { join } from "node:path";
import type { VoterReply, VoterRequest } from "../../../layers/routing/messages.ts";
import { LEASE_PROFILES } from "../../../layers/routing/rules.ts";
import { createSystemClock } from "../clock.ts";
import { createLink } from "../link/link.ts";
import { joinSupervisor } from "../supervisor/child.ts";
import { isGenuine } from "../supervisor/death-notice.ts";
import { logLine } from "../supervisor/output.ts";
import { VOTER_DIRECTORY } from "./genesis.ts";
import { HealthChecker } from "./health-checker.ts";
import { VoterHost } from "./voter-host.ts";

const TICK_MS = 10;

const supervisor = await joinSupervisor();
const { config } = supervisor;
const log = (line: string): void => logLine(config.site, "info", { event: "voter" }, line);

try {
  const host = await VoterHost.open({
    site: config.site,
    directory: join(config.dataDir, VOTER_DIRECTORY),
    terms: LEASE_PROFILES[config.leases],
    now: createSystemClock().now,
    onSuperseded: () => {
      log("voter: another process uses its directory; this one ends");
      process.exit(1);
    },
    log,
  });
  const { incarnation } = host.voter.disk.identity;
  const link = await createLink({
    address: config.address,
    incarnation,
    secret: Buffer.from(config.secretHex, "hex"),
    host: config.host,
    log,
  });
  host.useLink(link);
  link.setFaults(config.faults);
  link.onMessage((from, message) => host.receive(from, message as VoterRequest | VoterReply));
  link.onPeer((peer, state) => void host.peerChanged(peer, state));
  const checker = new HealthChecker(config.site, link, config.faults);
  let voters: readonly string[] = [];
  const timer = setInterval(() => host.tick(voters), TICK_MS);
  supervisor.serve({
    peers: (message) => {
      const { peers } = message;
      link.setPeers(peers);
      checker.use(message);
      voters = Object.keys(peers).filter((peer) => peer.startsWith("voter/"));
    },
    faults: ({ faults }) => {
      link.setFaults(faults);
      checker.setFaults(faults);
    },
    died: ({ notices }) => {
      for (const notice of notices) if (isGenuine(config.secretHex, notice)) host.died(notice);
    },
    status: () =>
      host.voter.status === "voting"
        ? { healthy: true }
        : { healthy: false, reason: `the voter is ${host.voter.status}` },
    stop: async () => {
      clearInterval(timer);
      checker.stop();
      await host.close();
      await link.close();
    },
  });
  supervisor.ready({ linkPort: link.port, incarnation });
} catch (error) {
  await supervisor.failed(error);
}

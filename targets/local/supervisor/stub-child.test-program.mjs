/**
 * Stands for a region, a witness or a front door in the supervisor's tests: a real process with
 * real links, whose HTTP address tells what it was told. Its app is held by the first region.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ConfigurationError } from "../../../base/errors.ts";
import { createLink } from "../link/link.ts";
import { joinSupervisor } from "./child.ts";
import { isGenuine } from "./death-notice.ts";

const supervisor = await joinSupervisor();
const { config } = supervisor;
if (existsSync(join(config.dataDir, "fail-to-start"))) {
  await supervisor.failed(
    new ConfigurationError({ what: "it was told to fail", got: 1, fix: "Do not." }),
  );
}
if (existsSync(join(config.dataDir, "open-slowly"))) {
  for (let left = 12; left > 0; left--) {
    supervisor.opening(`${left} left`);
    await setTimeout(500);
  }
}
if (existsSync(join(config.dataDir, "crash-at-start"))) throw new Error("a crash at the start");

const incarnationFile = join(config.dataDir, "incarnation");
const before = existsSync(incarnationFile) ? Number(readFileSync(incarnationFile, "utf8")) : 0;
const incarnation = before + 1;
writeFileSync(incarnationFile, String(incarnation));

const told = {
  config,
  peers: undefined,
  faults: config.faults,
  died: [],
  healthBroken: false,
  overload: undefined,
  members: [],
};
const secret = Buffer.from(config.secretHex, "hex");
const link = await createLink({ address: config.address, incarnation, secret });
const heard = [];
link.onMessage((from, message) => heard.push({ from, message }));
link.setFaults(config.faults);
const voter =
  config.voterAddress && (await createLink({ address: config.voterAddress, incarnation, secret }));

const app = {
  app: "demo",
  mode: "active-passive",
  state: "active",
  phase: "serving",
  epoch: 1,
  version: 1,
  primary: config.regions[0].id,
  servingRegions: [config.regions[0].id],
  inSyncRegions: config.regions.map((region) => region.id),
  durability: "replicated",
  lag: {},
  writesAtRisk: 0,
};
const routes = {
  "/routing/apps": () => ({
    items: [{ ...app, holdsLease: config.site === config.regions[0].id }],
  }),
  "/told": () => ({ ...told, heard, pid: process.pid }),
};
/** Routing commands, as told: by the app's name it knows how to answer. */
function command(request, response, app, name) {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const authorized = request.headers.authorization === `Bearer ${config.operatorToken}`;
    const asked = { command: name, ...JSON.parse(body) };
    const answer = { app, state: "active", epoch: 2, servingRegions: [], asked, authorized };
    if (app === "silent") return;
    if (app === "refuses") response.statusCode = 409;
    if (app === "unknown") response.statusCode = 504;
    const isFirst = config.site === config.regions[0].id;
    if (app === "first-refuses" && isFirst) response.statusCode = 503;
    const problem = {
      type: "/problems/would-lose-data",
      title: "No",
      detail: "would lose 3 writes",
    };
    response.end(
      JSON.stringify(response.statusCode === 200 ? { ...answer, region: config.site } : problem),
    );
  });
}
const server = createServer((request, response) => {
  const [, , , app, name] = request.url.split("/");
  if (request.method === "POST" && name) return command(request, response, app, name);
  if (request.url === "/greet") {
    for (const peer of Object.keys(told.peers?.peers ?? {}))
      link.send(peer, `hello from ${config.site}`);
  }
  response.end(JSON.stringify(routes[request.url]?.() ?? {}));
});
if (config.role !== "witness") {
  await new Promise((resolve) => server.listen(config.httpPort, config.host, resolve));
}

supervisor.serve({
  peers: (message) => {
    told.peers = message;
    link.setPeers(message.peers);
    voter?.setPeers(message.peers);
  },
  faults: (message) => {
    told.faults = message.faults;
    link.setFaults(message.faults);
    voter?.setFaults(message.faults);
  },
  health: (message) => {
    told.healthBroken = message.broken;
  },
  overload: ({ share, durationMs }) => {
    told.overload = { share, durationMs };
  },
  died: (message) => {
    told.died = message.notices.map((n) => ({ ...n, genuine: isGenuine(config.secretHex, n) }));
  },
  members: async (change) => {
    told.members.push(change);
    const refuses = existsSync(join(config.dataDir, "refuse-members"));
    const refusal = { kind: "failed", code: "not-allowed", reason: "it was told to refuse" };
    return refuses ? refusal : { kind: "ok" };
  },
  status: () => ({
    healthy: !told.healthBroken,
    hasArrived: true,
    ...(told.healthBroken ? { reason: "broken" } : {}),
  }),
  stop: async () => {
    writeFileSync(join(config.dataDir, "stopped-cleanly"), String(incarnation));
    await Promise.all([link.close(), voter?.close()]);
  },
});
supervisor.ready({
  linkPort: link.port,
  incarnation,
  ...(voter ? { voterPort: voter.port } : {}),
  ...(config.role === "witness" ? {} : { url: `http://${config.host}:${server.address().port}` }),
});

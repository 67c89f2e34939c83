/**
 * A deployment for tests of names: one app that moves, one that both regions serve, a zone of its
 * own, askers at known places, and two health checks. *composition*
 */
import { createAppApi, defineApp, defineDeployment } from "../../../layers/api/index.ts";

const appOf = (id, mode) =>
  defineApp({
    id,
    mode,
    durability: mode === "active-active" ? "local" : "replicated",
    objectives: { rtoMs: 1_000, rpoMs: 1_000 },
    tables: [],
    api: (context) =>
      createAppApi(context).get("/api/where", {
        summary: "Which region answers",
        auth: "none",
        replies: {},
        handle: () => ({ kind: "answer", status: 200, body: { region: context.region } }),
      }),
  });

export default defineDeployment({
  regions: ["eu-west-1", "ap-southeast-1"],
  apps: [appOf("desk", "active-passive"), appOf("shelf", "active-active")],
  dns: {
    zone: "rehearsal.test",
    aliases: { help: "desk" },
    locations: { "10.1.0.0/16": "eu-west-2", "10.2.0.0/16": "ap-southeast-2" },
  },
  healthChecks: {
    region: { intervalMs: 500, limitMs: 500, find: '"healthy"' },
    door: { protocol: "tcp", voters: ["witness"], intervalMs: 500, limitMs: 500 },
  },
});

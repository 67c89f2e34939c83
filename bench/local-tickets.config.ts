/** The shipped deployment, with tickets acknowledged as soon as one region has them on disk. */
import { ticketsApp } from "../apps/tickets/server.ts";
import { defineApp, defineDeployment } from "../layers/api/index.ts";

export default defineDeployment({
  regions: ["eu-west-1", "ap-southeast-1"],
  apps: [
    defineApp({
      ...ticketsApp,
      durability: "local",
      objectives: { rtoMs: 2_000, rpoMs: 5_000 },
    }),
  ],
});

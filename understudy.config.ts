/**
 * The deployment that comes with Understudy: two regions, a witness, and the apps. *composition*
 *
 * `understudy up` runs it; `--config` names another one, `--regions` other regions for this one.
 */
import { photosApp } from "./apps/photos/server.ts";
import { ticketsApp } from "./apps/tickets/server.ts";
import { defineDeployment } from "./layers/api/index.ts";

export default defineDeployment({
  regions: ["eu-west-1", "ap-southeast-1"],
  apps: [ticketsApp, photosApp],
});

/** `understudy/testing`: one's own apps in a simulated world. */
export { loadDeployment } from "../targets/local/supervisor/config-file.ts";
export type { LogLine } from "../targets/simulated/deployment.ts";
export type { Checked } from "./check.ts";
export type { Reply, SignInOptions, SimulatedClient } from "./client.ts";
export { toEdn } from "./edn.ts";
export type { Operation } from "./history.ts";
export {
  type DiskCopy,
  type Duration,
  type SimulatedRegion,
  type SimulatedWorld,
  type SimulateOptions,
  type Slowness,
  simulate,
} from "./simulate.ts";

/** `understudy drill`: hands over to the drill, which judges a deployment from outside. *adapter* */
import { refused } from "./failure.ts";
import { importIfThere } from "./sample-content.ts";

export interface DrillOptions {
  readonly scenarios: readonly string[];
  readonly list: boolean;
  readonly all: boolean;
  readonly target: "simulated" | "local";
  readonly seed?: number;
  readonly runs?: number;
  readonly durationMs?: number;
  /** Operations a second. */
  readonly rate?: number;
  readonly reportDir?: string;
  readonly config?: string;
  readonly json: boolean;
}

interface DrillModule {
  runDrillCommand(options: DrillOptions): Promise<number>;
}

export async function runDrill(options: DrillOptions): Promise<number> {
  const drill = await importIfThere<DrillModule>(new URL("../drill/main.js", import.meta.url).href);
  if (drill === undefined) {
    throw refused(
      "not-found",
      "This build has no drill",
      "This build has no drill: dist/drill/main.js is missing. Build it with `npm run build`.",
    );
  }
  return drill.runDrillCommand(options);
}

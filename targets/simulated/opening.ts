/** Opens a simulated disk's tables before a process uses them, as a real region does. *shell* */
import { openDefinitions } from "../../layers/key-value/definitions.ts";
import type { MemoryEngine } from "../../layers/key-value/memory-engine.ts";
import type { AppOptions } from "../../layers/region/app-parts.ts";

/** The apps; throws a ConfigurationError where the data does not fit what they define. */
export function opened(engine: MemoryEngine, apps: readonly AppOptions[]): readonly AppOptions[] {
  const before = engine.sequence;
  for (const { app, tables } of apps) {
    const opening = openDefinitions(engine, app, tables);
    while (opening.next().done !== true);
  }
  if (engine.sequence > before) engine.flush();
  return apps;
}

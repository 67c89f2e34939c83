/** The contract of the object ports on the replicated stores, in each mode and durability. */
import { describeObjectContract } from "../../../layers/objects/contract.ts";
import { openContractWorld } from "./contract-world.ts";

for (const mode of ["active-passive", "active-active"] as const) {
  for (const durability of ["replicated", "local"] as const) {
    describeObjectContract(`simulated, ${mode}, ${durability}`, () =>
      openContractWorld({ mode, durability }),
    );
  }
}

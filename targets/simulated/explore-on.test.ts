/** The second half of the seeds, so that two workers share them. */
import { describeSeeds, SEEDS } from "./explore-seeds.ts";

describeSeeds(SEEDS / 2 + 1, SEEDS / 2);

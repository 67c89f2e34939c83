/** The second half of a thousand seeds, so that two workers share them. */
import { describeSeeds } from "./explore-seeds.ts";

describeSeeds(501, 500);

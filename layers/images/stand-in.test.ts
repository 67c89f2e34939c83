import { describeImagesContract } from "./contract.ts";
import { standInImages } from "./stand-in.ts";

describeImagesContract("the simulated stand-in", () => ({ processor: standInImages }));

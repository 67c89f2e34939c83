import { describeImagesContract } from "../../layers/images/contract.ts";
import { simulatedImages } from "./images.ts";

describeImagesContract("the simulated stand-in", () => ({ processor: simulatedImages }));

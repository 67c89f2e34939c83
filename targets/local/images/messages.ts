/** What a region and its drawing process say to each other over IPC. *port* */
import type { ImageOutcome, ImageRequest } from "../../../layers/images/port.ts";

/** The first argument of the region's program when it is to draw instead. */
export const DRAWING_ROLE = "drawing";

export interface DrawJob {
  readonly job: number;
  readonly request: ImageRequest;
}

export interface DrawAnswer {
  readonly job: number;
  readonly outcome: ImageOutcome;
}

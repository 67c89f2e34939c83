/** What the walk through a picture's container finds. *pure* */
export interface Anatomy {
  /** As stored: before an orientation is applied. 0 where no header says it. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** The first byte after the picture; undefined when it is cut off before its end. */
  readonly end: number | undefined;
}

/** A request's place in the line of a busy region, until it is admitted, shed or withdrawn. */
import type { Guest } from "./lane.ts";
import type { Upstream } from "./upstream.ts";

/** A region that works says something in this time. */
const SILENT_MS = 100;

export class Turn implements Guest {
  readonly upstream: Upstream;
  readonly isPatient: boolean;
  readonly since: number;
  readonly admitted: () => void;
  readonly shed: () => void;

  constructor(
    upstream: Upstream,
    of: { readonly isPatient: boolean; readonly since: number },
    ends: { readonly admitted: (turn: Turn) => void; readonly shed: (turn: Turn) => void },
  ) {
    this.upstream = upstream;
    this.isPatient = of.isPatient;
    this.since = of.since;
    this.admitted = () => ends.admitted(this);
    this.shed = () => ends.shed(this);
  }

  /** The line did not move because nobody is there. */
  get isDeserted(): boolean {
    return this.upstream.heardAt < this.since && performance.now() > this.since + SILENT_MS;
  }

  /** False: there is no room in the line either. */
  begin(): boolean {
    return this.upstream.lane.wait(this, this.since);
  }

  withdraw(): void {
    this.upstream.lane.withdraw(this);
  }
}

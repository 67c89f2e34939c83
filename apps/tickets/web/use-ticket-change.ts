/**
 * Changing a ticket: carried through failovers, and stopped with all three sides in hand when
 * someone else changed it first. *shell*
 */
import { useState } from "react";
import { useWrite, type Write } from "../../../layers/presentation/use-write.ts";
import { remainingChanges, type TicketChanges } from "./ticket.ts";
import { type Loaded, useTicketCommands } from "./tickets-data.ts";

export interface Conflict {
  readonly before: Loaded;
  readonly theirs: Loaded;
  readonly mine: TicketChanges;
}

interface Intent {
  readonly base: Loaded;
  readonly changes: TicketChanges;
}

export interface TicketChange {
  readonly write: Write<Intent>;
  readonly conflict: Conflict | undefined;
  change(base: Loaded, changes: TicketChanges): void;
  /** The person has seen both sides and wants their own. */
  applyMine(): void;
  keepTheirs(): void;
  /** Back to what was being written: nothing is decided, and nothing of it is lost. */
  leave(): void;
}

export function useTicketChange(onChanged: () => void): TicketChange {
  const commands = useTicketCommands();
  const [conflict, setConflict] = useState<Conflict>();
  const write = useWrite<Intent, Loaded>({
    send: ({ base, changes }, key, signal) => commands.change(base, changes, key, signal),
    onDone: (loaded) => {
      commands.show(loaded);
      onChanged();
    },
    onFailed: (problem, { base, changes }) => {
      if (problem.code !== "stale-version") return false;
      commands.read(base.ticket.id).then(
        (theirs) => {
          commands.show(theirs);
          const remaining = remainingChanges(theirs.ticket, changes);
          if (Object.keys(remaining).length === 0) onChanged();
          else setConflict({ before: base, theirs, mine: remaining });
        },
        // The refusal then stands as it is, and the next refresh brings the present state.
        () => undefined,
      );
      return true;
    },
  });
  return {
    write,
    conflict,
    change: (base, changes) => write.start({ base, changes }),
    applyMine: () => {
      if (conflict === undefined) return;
      setConflict(undefined);
      write.start({ base: conflict.theirs, changes: conflict.mine });
    },
    keepTheirs: () => {
      setConflict(undefined);
      onChanged();
    },
    leave: () => setConflict(undefined),
  };
}

/**
 * Port: whether this region may write for an app now. *port*
 *
 * It is asked twice. Before a write it gives the condition that the write's own transaction carries
 * (in AWS one of 16 lease rows, lease-rows.ts), so that the database itself refuses the write of a
 * region whose lease has ended; after the write is durable it says whether the lease still held.
 */
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";

export type Admission =
  | {
      readonly kind: "admitted";
      readonly epoch: number;
      /** Absent where nothing fences: tests. */
      readonly check?: NonNullable<TransactWriteItem["ConditionCheck"]>;
    }
  | {
      readonly kind: "refused";
      /** The highest epoch this region knows of. */
      readonly epoch: number;
      readonly code: "fenced" | "not-serving";
      readonly reason: string;
    };

export interface WriteGate {
  admit(): Admission;
  /** Asked when the write is durable, before the answer leaves. */
  stillHolds(epoch: number): boolean;
}

/** Never refuses: what plain global tables do. It promises no fence. */
export const openGate: WriteGate = {
  admit: () => ({ kind: "admitted", epoch: 1 }),
  stillHolds: () => true,
};

/**
 * The laws every engine keeps, as a table; a runner makes tests of it. *pure*
 *
 * `setup` gives an engine on an empty disk, a way to wait until everything is flushed, and a way to
 * lose the process and open the same disk again.
 */
import { assert } from "../../base/assert.ts";
import type { Engine, EngineReader } from "./engine.ts";
import { compareKeys, tuple, tupleRange } from "./key.ts";

export interface EngineSetup {
  readonly engine: Engine;
  /** Resolves when all transactions so far are flushed. */
  flushed(): Promise<void>;
  /** The process is lost, with what was not flushed at the adapter's choice; a new one opens. */
  reopen(): Promise<Engine>;
}

export interface EngineLaw {
  readonly name: string;
  check(setup: EngineSetup): Promise<void>;
}

const same = (actual: unknown, expected: unknown, what: string): void => {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(left === right, `${what}: ${left} is not ${right}`);
};
const keysIn = (reader: EngineReader, from: string, to: string, reverse = false, limit?: number) =>
  Array.from(
    reader.range({ from, to, reverse, ...(limit === undefined ? {} : { limit }) }),
    ([key]) => key,
  );
const refused = (run: () => unknown): boolean => {
  try {
    run();
    return false;
  } catch {
    return true;
  }
};
const awkward = ["", "a", "a\u0000", "a\u0000b", "ab", "b", "é", "\ud7ff", "\ue000", "\uffff"];
const texts = [...awkward, "\u{10000}", "\u{10ffff}", "a\uffff", "a\u{10000}", "\u0001", "\u0003"];
const all = { from: "\u0000", to: "\u{10ffff}" };

export const engineLaws: readonly EngineLaw[] = [
  {
    name: "a transaction sees its own writes, and the next read sees them at once",
    check: async ({ engine }) => {
      const inside = engine.transact((writer) => {
        writer.put("a", 1);
        writer.put("b", { deep: [1, "two", null] });
        writer.remove("a");
        return [writer.get("a"), writer.get("b"), keysIn(writer, all.from, all.to)];
      });
      same(inside, [undefined, { deep: [1, "two", null] }, ["b"]], "inside");
      same([engine.get("a"), engine.get("b")], [undefined, { deep: [1, "two", null] }], "after");
    },
  },
  {
    name: "E1: a transaction that throws leaves nothing behind",
    check: async ({ engine, flushed, reopen }) => {
      engine.transact((writer) => {
        writer.put("kept", 1);
        writer.put("removed", 2);
      });
      const before = engine.sequence;
      const isRefused = refused(() =>
        engine.transact((writer) => {
          writer.put("kept", 3);
          writer.put("kept", 4);
          writer.remove("removed");
          writer.put("new", 5);
          writer.remove("new");
          writer.put("new", 6);
          throw new Error("changed my mind");
        }),
      );
      assert(isRefused, "the error reaches the caller");
      same(engine.sequence, before, "sequence");
      const entries = (reader: EngineReader) => Array.from(reader.range(all));
      same(
        entries(engine),
        [
          ["kept", 1],
          ["removed", 2],
        ],
        "at once",
      );
      await flushed();
      same(
        entries(await reopen()),
        [
          ["kept", 1],
          ["removed", 2],
        ],
        "after a restart",
      );
    },
  },
  {
    name: "keys are in code-point order, whatever characters they have",
    check: async ({ engine, flushed }) => {
      const keys = texts.map((text) => tuple("t", text));
      engine.transact((writer) => {
        for (const key of keys) writer.put(key, true);
      });
      const sorted = keys.toSorted(compareKeys);
      const { from, to } = tupleRange("t");
      for (const when of ["at once", "flushed"]) {
        same(keysIn(engine, from, to), sorted, `ascending, ${when}`);
        same(keysIn(engine, from, to, true), sorted.toReversed(), `descending, ${when}`);
        for (const key of keys) assert(engine.get(key) === true, `get ${JSON.stringify(key)}`);
        await flushed();
      }
    },
  },
  {
    name: "a range takes its first bound, leaves its last, and stops at its limit",
    check: async ({ engine, flushed }) => {
      const key = (number: number) => `k${String(number).padStart(4, "0")}`;
      const write = (numbers: readonly number[]) =>
        engine.transact((writer) => {
          for (const number of numbers) writer.put(key(number), number);
        });
      const numbers = Array.from({ length: 300 }, (_, at) => at);
      write(numbers.filter((number) => number % 3 !== 0));
      await flushed();
      write(numbers.filter((number) => number % 3 === 0));
      engine.transact((writer) => {
        for (const number of numbers) if (number % 5 === 0) writer.remove(key(number));
      });
      const left = numbers.filter((number) => number % 5 !== 0).map(key);
      for (const [from, to, limit] of [
        [0, 300, undefined],
        [0, 300, 7],
        [1, 299, 100],
        [5, 10, undefined],
        [7, 8, undefined],
        [8, 8, undefined],
        [9, 3, undefined],
      ] as const) {
        const within = left.filter((one) => one >= key(from) && one < key(to));
        const some = within.slice(0, limit);
        same(keysIn(engine, key(from), key(to), false, limit), some, `${from} to ${to}`);
        const last = within.toReversed().slice(0, limit);
        same(keysIn(engine, key(from), key(to), true, limit), last, `${to} down to ${from}`);
      }
    },
  },
  {
    name: "a range may be walked while the transaction removes what it finds",
    check: async ({ engine }) => {
      engine.transact((writer) => {
        for (let at = 0; at < 200; at++) writer.put(tuple("n", at), at);
      });
      const seen = engine.transact((writer) => {
        let count = 0;
        for (const [key] of writer.range(tupleRange("n"))) {
          writer.remove(key);
          count += 1;
        }
        return count;
      });
      same([seen, keysIn(engine, all.from, all.to)], [200, []], "removed");
    },
  },
  {
    name: "E3: the listener is called for transactions in order, each once it is flushed",
    check: async ({ engine, flushed }) => {
      const calls: number[] = [];
      engine.onFlushed((sequence) => calls.push(sequence));
      for (let at = 0; at < 5; at++) {
        engine.transact((writer) => writer.put("count", at));
        if (at % 2 === 0) await flushed();
      }
      await flushed();
      const sorted = calls.toSorted((a, b) => a - b);
      same(calls, sorted, "order");
      same(calls.at(-1), engine.sequence, "last");
      assert(new Set(calls).size === calls.length, "each number once");
    },
  },
  {
    name: "E2: what was flushed is there after a restart, and of the rest a prefix",
    check: async ({ engine, flushed, reopen }) => {
      for (let at = 1; at <= 50; at++) engine.transact((writer) => writer.put(tuple("n", at), at));
      await flushed();
      for (let at = 51; at <= 60; at++) engine.transact((writer) => writer.put(tuple("n", at), at));
      const again = await reopen();
      const values = Array.from(again.range(tupleRange("n")), ([, value]) => value);
      assert(
        values.length >= 50,
        `flushed transactions are lost: ${values.length} of 50 are there`,
      );
      same(
        values,
        Array.from(values, (_, at) => at + 1),
        "a prefix",
      );
      same(again.sequence, values.length, "sequence goes on where the disk is");
      again.transact((writer) => writer.put("more", 1));
      same(again.get("more"), 1, "the disk goes on");
    },
  },
  {
    name: "values come back as they were put, bytes included",
    check: async ({ engine, flushed }) => {
      const value = { text: "ü \u{1f600} \u0000", list: [1.5, -2, null, true], none: {} };
      engine.transact((writer) => {
        writer.put("plain", value);
        writer.put("bytes", { digest: new Uint8Array([0, 1, 255]) });
      });
      for (const when of ["at once", "flushed"]) {
        same(engine.get("plain"), value, `plain, ${when}`);
        const { digest } = engine.get("bytes") as { digest: Uint8Array };
        assert(digest instanceof Uint8Array, `bytes are bytes, ${when}`);
        same(Array.from(digest), [0, 1, 255], `bytes, ${when}`);
        await flushed();
      }
    },
  },
  {
    name: "a transaction that has ended takes no more writes, and none begins inside another",
    check: async ({ engine }) => {
      const kept = engine.transact((writer) => writer);
      assert(
        refused(() => kept.put("late", 1)),
        "a late put is refused",
      );
      assert(
        refused(() => engine.transact(() => engine.transact(() => 1))),
        "nesting is refused",
      );
      same(engine.get("late"), undefined, "nothing was written");
    },
  },
];

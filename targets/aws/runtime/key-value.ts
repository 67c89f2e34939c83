/**
 * The key-value store of one region on DynamoDB. *adapter* of layers/key-value/port.ts
 *
 *   transact --checks that need no data--> gate.admit --> TransactWriteItems:
 *              lease row + idempotency key + the app's writes --> gate.stillHolds --> outcome
 *   get, recall --> GetItem        query --> Query of the table or of an index
 *
 * How tables lie in DynamoDB is in key-value-tables.ts. Replication is the engine's own (global
 * tables); nothing here waits for another region, so an app here is `local`, never `replicated`.
 *
 * Invariants
 *  D1 effect, conditions, idempotency key and lease are one transaction     (buildTransaction)
 *  D2 `failed` only where nothing can have happened: an attempt whose end is not known is repeated
 *     under the same token, and from then on the end is `ok` or `unknown`   (#run)
 *  D3 a write whose lease ended before its answer is `unknown`              (#answer)
 * Not promised: which writes of other regions have arrived (key-value-receipt.ts), how old a stale
 * read is, that an index shows the last write (`stale` is what its reads say), changes by other
 * processes to `subscribe`rs, unless whoever reads the table's stream hands them to `tell`.
 */
import {
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  type QueryCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import type { OperatingError } from "../../../base/errors.ts";
import { failed, ok, unknown } from "../../../base/outcome.ts";
import { AppUse } from "../../../layers/key-value/app-use.ts";
import type { CheckedWrite } from "../../../layers/key-value/checked-writes.ts";
import { foundRow } from "../../../layers/key-value/found.ts";
import { utf8Bytes } from "../../../layers/key-value/key.ts";
import { isPlatformName } from "../../../layers/key-value/platform-names.ts";
import type {
  Consistency,
  IdempotencyRecord,
  KeyValueStore,
  ReadInfo,
  ReadOptions,
  ReadOutcome,
  WriteOutcome,
} from "../../../layers/key-value/port.ts";
import type { JsonObject, TableDefinition } from "../../../layers/key-value/table.ts";
import {
  type DynamoCode,
  dynamoError,
  judgeWriteError,
  mayReadAgain,
  passes,
  textOfCode,
} from "./key-value-errors.ts";
import { queryDynamo, sendQuery } from "./key-value-query.ts";
import { missingFrom, writeDynamoReceipt } from "./key-value-receipt.ts";
import {
  dynamoLimits,
  foundIn,
  idempotencyKey,
  idempotencyTable,
  keyRow,
  type Row,
  tableName,
  textOf,
} from "./key-value-tables.ts";
import {
  buildTransaction,
  refusalIn,
  type Stamped,
  transactionProblem,
} from "./key-value-transaction.ts";
import { openGate, type WriteGate } from "./write-gate.ts";

export interface DynamoStoreOptions {
  readonly client: DynamoDBClient;
  /** The deployment's: tables are named {prefix}-{app}-{table}. */
  readonly prefix: string;
  readonly app: string;
  readonly region: string;
  readonly tables: readonly TableDefinition[];
  /** Of base/ids.ts, with the platform's randomness. */
  readonly newId: () => string;
  /** Wall milliseconds. */
  readonly nowMs: () => number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly gate?: WriteGate;
  /** Hears of each error of DynamoDB, with the client's own error as its cause. */
  readonly onError?: (error: OperatingError<DynamoCode>) => void;
  readonly attemptMs?: number;
  readonly writeWithinMs?: number;
  readonly assumedArrivalMs?: number;
}

type Change = Parameters<Parameters<KeyValueStore["subscribe"]>[0]>[0];

export interface DynamoKeyValueStore extends KeyValueStore {
  /** A change that somebody else made, as the table's stream tells it. */
  tell(change: Change): void;
}

/** Without retries of its own: an attempt is judged before it is repeated (key-value-errors.ts). */
export const createDynamoClient = (config: DynamoDBClientConfig): DynamoDBClient =>
  new DynamoDBClient({ ...config, maxAttempts: 1 });

const readAttempts = 3;
const firstPauseMs = 10;
const longestPauseMs = 320;

export const createDynamoKeyValueStore = (options: DynamoStoreOptions): DynamoKeyValueStore =>
  new DynamoStore(options);

class DynamoStore implements DynamoKeyValueStore {
  readonly #options: DynamoStoreOptions;
  readonly #gate: WriteGate;
  readonly #use: AppUse;
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(options: DynamoStoreOptions) {
    this.#options = options;
    this.#gate = options.gate ?? openGate;
    const { app, tables, region } = options;
    this.#use = new AppUse({ app, tables, mode: "active-passive", region });
  }

  get: KeyValueStore["get"] = async (table, key, given) => {
    const parsed = this.#use.key(table, key);
    if (parsed.kind === "failed") return parsed;
    const where = {
      TableName: tableName(this.#options, table.name),
      Key: keyRow(table, parsed.value),
    };
    const read = await this.#read(given, async (isConsistent) => {
      const row = await this.#getRow({ ...where, ConsistentRead: isConsistent });
      return { kind: "ok", value: row === undefined ? undefined : foundIn<JsonObject>(row) };
    });
    if (read.kind === "failed" || read.value === undefined) return read as never;
    const { item, version } = read.value;
    return { ...read, value: foundRow(table, parsed.value, { value: item, version }) };
  };

  query: KeyValueStore["query"] = async (table, query, given) => {
    const problem = this.#use.query(table, query);
    if (problem !== undefined) return problem;
    const read = await this.#read(
      given,
      async (isConsistent) => {
        const send = (command: QueryCommand) =>
          this.#again((signal) => sendQuery(this.#options.client, command, signal));
        const asked = { query, isConsistent };
        const page = await queryDynamo(send, this.#options, table, asked);
        if (page.kind === "failed") return page;
        const { items, cursor } = page;
        return { kind: "ok", value: cursor === undefined ? { items } : { items, cursor } };
      },
      query.index !== undefined,
    );
    if (read.kind === "failed") return read;
    const items = read.value.items.map(({ item, version }) =>
      foundRow(table, table.keyOf(item), { value: item, version }),
    );
    return { ...read, value: { ...read.value, items } };
  };

  recall: KeyValueStore["recall"] = async (scope, key) => {
    const problem = keyProblem(scope, key);
    if (problem !== undefined) return { kind: "failed", code: "invalid", reason: problem };
    return this.#read<IdempotencyRecord | undefined>({}, async (isConsistent) => {
      const row = await this.#recallRow(scope, key, isConsistent);
      if (row === undefined) return { kind: "ok", value: undefined };
      const response: unknown = JSON.parse(textOf(row, "b"));
      return { kind: "ok", value: { scope, key, requestHash: textOf(row, "h"), response } };
    });
  };

  transact: KeyValueStore["transact"] = async (writes, { idempotency } = {}) => {
    const checked = this.#use.writes(writes);
    if (checked.kind === "failed") return checked;
    const badKey = idempotency && keyProblem(idempotency.scope, idempotency.key);
    if (badKey !== undefined) return failed("invalid", badKey);
    const problem = transactionProblem(checked.value, idempotency);
    if (problem !== undefined) return failed("too-large", problem);
    return this.#run(checked.value, idempotency);
  };

  subscribe: KeyValueStore["subscribe"] = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  tell(change: Change): void {
    if (isPlatformName(change.table)) return;
    for (const listener of this.#listeners) listener(change);
  }

  // --- reads ---------------------------------------------------------------------------------

  async #read<Value>(
    given: ReadOptions | undefined,
    run: (
      isConsistent: boolean,
    ) => Promise<
      { kind: "ok"; value: Value } | { kind: "failed"; code: "invalid"; reason: string }
    >,
    isIndex = false,
  ): Promise<ReadOutcome<Value>> {
    const asked = given?.consistency;
    const admission = this.#gate.admit();
    const mayLag = asked === "stale" || (asked === undefined && admission.kind === "refused");
    const refuse = (reason: string) => ({ kind: "failed", code: "not-serving", reason }) as const;
    if (!mayLag && admission.kind === "refused") return refuse(admission.reason);
    try {
      const result = await run(!mayLag);
      if (result.kind === "failed") return result;
      const holds = !mayLag && this.#gate.stillHolds(admission.epoch);
      if (!holds && asked !== undefined && asked !== "stale") {
        return refuse(`the lease of ${this.#options.app} ended meanwhile`);
      }
      // An index may lag behind its table, whoever holds the lease.
      const level = holds && !isIndex ? (asked ?? "leased") : "stale";
      return { kind: "ok", value: result.value, info: this.#info(level, admission.epoch, given) };
    } catch (cause) {
      const failure = judgeWriteError(cause);
      const code = failure.kind === "cancelled" ? "rejected" : failure.code;
      this.#options.onError?.(dynamoError(code, cause));
      return { kind: "failed", code: "unavailable", reason: textOfCode(code) };
    }
  }

  #info(consistency: Consistency, epoch: number, given: ReadOptions | undefined): ReadInfo {
    const { app, region, nowMs, assumedArrivalMs = 60_000 } = this.#options;
    const here = { app, region, nowMs: nowMs(), assumedArrivalMs };
    const missing = missingFrom(given?.session ?? [], here);
    const info = { consistency, region, epoch };
    return missing.length === 0 ? info : { ...info, missing };
  }

  #getRow(input: ConstructorParameters<typeof GetItemCommand>[0]): Promise<Row | undefined> {
    const { client } = this.#options;
    const command = new GetItemCommand(input);
    return this.#again(async (abortSignal) => (await client.send(command, { abortSignal })).Item);
  }

  /** DynamoDB collects a row within days of its end: what has ended is none. */
  async #recallRow(scope: string, key: string, isConsistent: boolean): Promise<Row | undefined> {
    const Key = idempotencyKey(scope, key);
    const TableName = idempotencyTable(this.#options);
    const row = await this.#getRow({ TableName, Key, ConsistentRead: isConsistent });
    const endsAtSecond = Number(row?.["e"]?.N ?? 0);
    return endsAtSecond * 1000 <= this.#options.nowMs() ? undefined : row;
  }

  async #again<Value>(read: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await read(this.#signal());
      } catch (error) {
        if (attempt === readAttempts || !mayReadAgain(error)) throw error;
        await this.#pause(attempt);
      }
    }
  }

  // --- writes --------------------------------------------------------------------------------

  async #run(
    writes: readonly CheckedWrite[],
    idempotency: IdempotencyRecord | undefined,
  ): Promise<WriteOutcome> {
    const { client, app, region, newId, nowMs, onError } = this.#options;
    const untilMs = nowMs() + (this.#options.writeWithinMs ?? 5000);
    const isLate = (): boolean => nowMs() >= untilMs;
    for (let attempt = 1; ; attempt++) {
      const admission = this.#gate.admit();
      if (admission.kind === "refused") return failed(admission.code, admission.reason);
      const id = newId();
      const { epoch } = admission;
      const version = `${epoch.toString(36)}.${id}.${region}`;
      const stamped = { epoch, version, receipt: writeDynamoReceipt({ app, region, epoch, id }) };
      const second = Math.floor(nowMs() / 1000);
      const parts = { writes, idempotency, second };
      const transaction = buildTransaction(this.#options, admission, stamped, parts);
      const command = new TransactWriteItemsCommand({
        TransactItems: [...transaction.items],
        ClientRequestToken: id,
      });
      const failure = await this.#send(client, command, isLate);
      if (failure === undefined) return this.#answer(writes, stamped);
      if (failure.kind === "indefinite") {
        return unknown(`${textOfCode(failure.code)}: the write may have happened`);
      }
      if (failure.kind === "refused" && (!failure.mayPass || isLate())) {
        return failed("unavailable", textOfCode(failure.code));
      }
      if (failure.kind === "cancelled") {
        const refusal = refusalIn(transaction, writes, failure.reasons);
        const judged = refusal && (await this.#refused(refusal, idempotency, epoch));
        if (judged !== undefined) return judged;
        if (refusal === undefined && !passes(failure.reasons)) {
          onError?.(dynamoError("rejected", failure.cause));
          return failed("unavailable", textOfCode("rejected"));
        }
        if (isLate()) {
          onError?.(dynamoError("conflict", failure.cause));
          return failed("unavailable", textOfCode("conflict"));
        }
      }
      await this.#pause(attempt);
    }
  }

  /** Undefined: done. Without an answer it is repeated under its token while there is time. */
  async #send(
    client: DynamoDBClient,
    command: TransactWriteItemsCommand,
    isLate: () => boolean,
  ): Promise<ReturnType<typeof judgeWriteError> | undefined> {
    let isDoubtful = false;
    for (let attempt = 1; ; attempt++) {
      try {
        await client.send(command, { abortSignal: this.#signal() });
        return undefined;
      } catch (cause) {
        const failure = judgeWriteError(cause);
        if (failure.kind !== "cancelled") {
          this.#options.onError?.(dynamoError(failure.code, cause));
        }
        if (failure.kind === "indefinite") isDoubtful = true;
        else if (!isDoubtful) return failure;
        // Also a clear refusal now says nothing of the attempt before.
        if (isLate()) return { kind: "indefinite", code: "no-answer", mayPass: true, cause };
        await this.#pause(attempt);
      }
    }
  }

  #answer(writes: readonly CheckedWrite[], stamped: Stamped): WriteOutcome {
    for (const { kind, table, key } of writes) {
      if (kind !== "check") this.tell({ table: table.name, partition: key.partition });
    }
    if (this.#gate.stillHolds(stamped.epoch)) return ok(stamped);
    return unknown("the lease ended before the write was acknowledged");
  }

  /** Undefined: the idempotency key was forgotten in this very moment; try again. */
  async #refused(
    refusal: NonNullable<ReturnType<typeof refusalIn>>,
    idempotency: IdempotencyRecord | undefined,
    epoch: number,
  ): Promise<WriteOutcome | undefined> {
    if (refusal.kind === "gate") {
      return failed("not-serving", `the lease of epoch ${epoch} has ended`);
    }
    let row = refusal.kind === "repeated" ? refusal.row : undefined;
    if (idempotency !== undefined && (row === undefined || textOf(row, "h") === "")) {
      // DynamoDB need not name every item that was refused: a repeated request comes first.
      try {
        row = await this.#recallRow(idempotency.scope, idempotency.key, true);
      } catch (cause) {
        this.#options.onError?.(dynamoError("no-answer", cause));
        return failed("unavailable", textOfCode("no-answer"));
      }
    }
    if (row !== undefined && idempotency !== undefined) return replay(row, idempotency);
    return refusal.kind === "condition" ? failed("condition-failed", refusal.reason) : undefined;
  }

  // --- time ----------------------------------------------------------------------------------

  #signal(): AbortSignal {
    return AbortSignal.timeout(this.#options.attemptMs ?? 1500);
  }

  #pause(attempt: number): Promise<void> {
    const most = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
    return new Promise((done) => setTimeout(done, most * (0.5 + this.#options.random() / 2)));
  }
}

function replay(row: Row, { key, requestHash }: IdempotencyRecord): WriteOutcome {
  if (textOf(row, "h") !== requestHash) {
    const reason = `the idempotency key ${key} was used with another request`;
    return failed("idempotency-mismatch", reason);
  }
  return ok({
    receipt: textOf(row, "r"),
    version: textOf(row, "v"),
    epoch: Number(row["n"]?.N ?? 0),
    replayed: JSON.parse(textOf(row, "b")) as unknown,
  });
}

function keyProblem(scope: string, key: string): string | undefined {
  const bytes = utf8Bytes(textOf(idempotencyKey(scope, key), "p"));
  const most = dynamoLimits.partitionBytes;
  return bytes <= most ? undefined : `an idempotency key has at most ${most} bytes, not ${bytes}`;
}

/**
 * The signing keys of the deployment: replicated, sealed, made on first use. *shell*
 *
 * Only a region that may write makes a key; another one verifies with the keys it has received,
 * also while it cannot tell whether it has the lease: a takeover signs nobody out.
 */
import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Outcome } from "../../../base/outcome.ts";
import { decideSigningKey, KEYS_KEPT, nextKid } from "../../identity/signing-keys.ts";
import type { KeyValueStore, ReadCode, ReadOptions, WriteCode } from "../../key-value/port.ts";
import type { Sealing } from "./sealing.ts";
import { type SigningKey, signingKeys } from "./tables.ts";

const PURPOSE = "access-token";
/** An unknown kid makes the ring look again, but a flood of made-up kids must not flood the store. */
const RELOAD_MS = 1_000;

type Key = Awaited<ReturnType<typeof importJWK>>;
export interface Signer {
  readonly kid: string;
  readonly key: Key;
}

export interface KeyRing {
  signer(): Promise<Outcome<Signer, WriteCode | ReadCode>>;
  /** Makes the next key and signs with it from now on; tokens of the ones before stay good. */
  rotate(): Promise<Outcome<{ readonly kid: string }, WriteCode | ReadCode>>;
  verificationKey(kid: string): Promise<Key | undefined>;
  /** RFC 7517. */
  jwks(): Promise<{ readonly keys: readonly JWK[] }>;
}

export interface KeyRingOptions {
  readonly store: KeyValueStore;
  readonly sealing: Sealing;
  readonly nowMs: () => number;
}

export function createKeyRing({ store, sealing, nowMs }: KeyRingOptions): KeyRing {
  let known: readonly SigningKey[] = [];
  let loadedMs = Number.NEGATIVE_INFINITY;
  const publicKeys = new Map<string, Key>();
  const privateKeys = new Map<string, Key>();
  let signing: Promise<Outcome<Signer, WriteCode | ReadCode>> | undefined;

  const load = async (options?: ReadOptions): Promise<Outcome<null, ReadCode>> => {
    loadedMs = nowMs();
    const newest = { partition: PURPOSE, order: "descending", limit: KEYS_KEPT } as const;
    const read = await store.query(signingKeys, newest, options);
    if (read.kind === "failed") return read;
    known = read.value.items.map((found) => found.item).reverse();
    return { kind: "ok", value: null };
  };
  /** For verification: whoever needs a key meanwhile waits for the same look. */
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const loaded = await load();
    if (loaded.kind !== "ok") await load({ consistency: "stale" });
  };
  const create = async (kid: string): Promise<Outcome<null, WriteCode>> => {
    const pair = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const { x = "" } = await exportJWK(pair.publicKey);
    const sealed = await sealing.seal(JSON.stringify(await exportJWK(pair.privateKey)), kid);
    const item: SigningKey = {
      purpose: PURPOSE,
      kid,
      publicKey: { kty: "OKP", crv: "Ed25519", x },
      sealed,
      createdOn: new Date(nowMs()).toISOString(),
    };
    const made = await store.transact([{ kind: "put", table: signingKeys, item, ifAbsent: true }]);
    if (made.kind !== "ok") return made;
    await load();
    return { kind: "ok", value: null };
  };
  const privateKey = async (key: SigningKey): Promise<Key | undefined> => {
    const opened = await sealing.open(key.sealed, key.kid);
    return opened === undefined ? undefined : importJWK(JSON.parse(opened), "EdDSA");
  };

  const sign = async (): Promise<Outcome<Signer, WriteCode | ReadCode>> => {
    // Twice: when another request made the key first, the second look finds it.
    for (let attempt = 0; attempt < 3; attempt++) {
      const ages = known.map(({ kid, createdOn }) => ({ kid, createdOnMs: Date.parse(createdOn) }));
      const decision = decideSigningKey(ages, nowMs());
      if (decision.kind === "use") {
        const ready = privateKeys.get(decision.kid);
        if (ready !== undefined) return { kind: "ok", value: { kid: decision.kid, key: ready } };
        const item = known.find((key) => key.kid === decision.kid);
        const opened = item === undefined ? undefined : await privateKey(item);
        if (opened === undefined) {
          const reason = `signing key ${decision.kid} cannot be opened: was the secret changed?`;
          return { kind: "failed", code: "unavailable", reason };
        }
        privateKeys.set(decision.kid, opened);
        return { kind: "ok", value: { kid: decision.kid, key: opened } };
      }
      if (attempt > 0) {
        const made = await create(decision.kid);
        const lostRace = made.kind === "failed" && made.code === "condition-failed";
        if (made.kind !== "ok" && !lostRace) return made;
      }
      const loaded = await load();
      if (loaded.kind !== "ok") return loaded;
    }
    return { kind: "failed", code: "unavailable", reason: "no signing key could be made" };
  };

  const rotate: KeyRing["rotate"] = async () => {
    const loaded = await load();
    if (loaded.kind !== "ok") return loaded;
    const kid = nextKid(known);
    const made = await create(kid);
    return made.kind === "ok" ? { kind: "ok", value: { kid } } : made;
  };
  // Another region's new key: looked at before it is needed.
  store.subscribe(({ table }) => {
    if (table === signingKeys.name) load().catch(() => undefined);
  });

  const verificationKey = async (kid: string): Promise<Key | undefined> => {
    const ready = publicKeys.get(kid);
    if (ready !== undefined) return ready;
    let item = known.find((key) => key.kid === kid);
    if (item === undefined && (looking !== undefined || nowMs() - loadedMs >= RELOAD_MS)) {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking;
      item = known.find((key) => key.kid === kid);
    }
    if (item === undefined) return undefined;
    const key = await importJWK(item.publicKey, "EdDSA");
    publicKeys.set(kid, key);
    return key;
  };

  return {
    signer: () => {
      // One at a time: the first sign-ins of a new deployment share one new key.
      signing ??= sign().finally(() => {
        signing = undefined;
      });
      return signing;
    },
    rotate,
    verificationKey,
    jwks: async () => {
      await load();
      return {
        keys: known.map((key) => ({ ...key.publicKey, kid: key.kid, alg: "EdDSA", use: "sig" })),
      };
    },
  };
}

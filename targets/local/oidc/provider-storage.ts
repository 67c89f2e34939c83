/**
 * What the local OpenID provider remembers: in memory, bounded, forgotten when it expires.
 * *adapter*
 *
 * Enough for a provider that stands in for a real one on one machine: a person who is in the middle
 * of signing in when it restarts begins again. It keeps no accounts: an account is the name typed.
 */
interface Row {
  readonly payload: Record<string, unknown>;
  readonly expiresMs: number;
}

const ROWS = 10_000;
const SWEPT_EVERY = 256;
const DAY_SECONDS = 86_400;

type Payload = Record<string, unknown>;

/** The adapter that oidc-provider asks for, of one of its models. */
export interface ModelStorage {
  upsert(id: string, payload: Payload, seconds: number): Promise<void>;
  find(id: string): Promise<Payload | undefined>;
  findByUid(uid: string): Promise<Payload | undefined>;
  findByUserCode(code: string): Promise<Payload | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

/** `client`: the one client there is, by its id; its addresses may change while this runs. */
export function createProviderStorage(
  client: (id: string) => Payload | undefined,
  nowMs: () => number,
): (model: string) => ModelStorage {
  const rows = new Map<string, Row>();
  let writes = 0;

  const sweep = (): void => {
    for (const [key, row] of rows) if (row.expiresMs <= nowMs()) rows.delete(key);
    for (const key of rows.keys()) {
      if (rows.size < ROWS) break;
      rows.delete(key);
    }
  };
  const live = (key: string): Payload | undefined => {
    const row = rows.get(key);
    return row === undefined || row.expiresMs <= nowMs() ? undefined : row.payload;
  };

  return (model) => {
    const keyOf = (id: string): string => `${model} ${id}`;
    const find = async (id: string) => (model === "Client" ? client(id) : live(keyOf(id)));
    const pointed = async (name: string) => {
      const id = live(keyOf(name))?.["id"];
      return typeof id === "string" ? find(id) : undefined;
    };
    return {
      upsert: async (id, payload, seconds) => {
        if (++writes % SWEPT_EVERY === 0 || rows.size >= ROWS) sweep();
        const expiresMs = nowMs() + (seconds || DAY_SECONDS) * 1000;
        rows.set(keyOf(id), { payload, expiresMs });
        const { uid, userCode } = payload;
        const point = (name: string) => rows.set(keyOf(name), { payload: { id }, expiresMs });
        if (typeof uid === "string") point(`uid ${uid}`);
        if (typeof userCode === "string") point(`code ${userCode}`);
      },
      find,
      findByUid: (uid) => pointed(`uid ${uid}`),
      findByUserCode: (code) => pointed(`code ${code}`),
      consume: async (id) => {
        const payload = live(keyOf(id));
        if (payload !== undefined) payload["consumed"] = Math.floor(nowMs() / 1000);
      },
      destroy: async (id) => {
        rows.delete(keyOf(id));
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, { payload }] of rows) {
          if (payload["grantId"] === grantId) rows.delete(key);
        }
      },
    };
  };
}

/**
 * Port: slow, salted hashing of passwords (argon2id). *port*
 *
 * Runs off the event loop. A hash names its own parameters, so that they can be raised later.
 */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** False for a hash it cannot read; rejects only when it cannot work at all. */
  verify(hash: string, password: string): Promise<boolean>;
}

/** Bounds how many hashes are computed at once, and how many wait; each takes memory and a core. */
export interface HashingQueue {
  /** Undefined when too many wait. */
  run<Value>(work: () => Promise<Value>): Promise<Value | undefined>;
}

export function createHashingQueue(atOnce = 4, waitingLimit = 256): HashingQueue {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    run: async (work) => {
      if (running >= atOnce) {
        if (waiting.length >= waitingLimit) return undefined;
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else {
        running++;
      }
      try {
        return await work();
      } finally {
        // The place passes to the next in line, so that nobody can take it in between.
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}

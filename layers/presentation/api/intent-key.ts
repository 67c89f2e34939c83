/**
 * The idempotency key of an intent, kept over a reload of the page. *shell*
 *
 * A person who reloads while a write is on its way and sends the same text again means the same
 * write. Other content is another intent and gets another key.
 */
export interface IntentMemory {
  read(name: string): string | null;
  write(name: string, value: string | null): void;
}

const PREFIX = "understudy.intent.";

export interface IntentKeys {
  /** The key for this content: the one it was sent with before, or a new one. */
  keyFor(name: string, content: unknown): string;
  /** The write came to an end: the same content would now be another write. */
  forget(name: string): void;
}

export function createIntentKeys(memory: IntentMemory, newKey: () => string): IntentKeys {
  return {
    keyFor(name, content) {
      const text = JSON.stringify(content);
      const kept = memory.read(PREFIX + name);
      // A key has no blank in it, so the first one ends it.
      const blank = kept?.indexOf(" ") ?? -1;
      if (kept && blank > 0 && kept.slice(blank + 1) === text) return kept.slice(0, blank);
      const key = newKey();
      memory.write(PREFIX + name, `${key} ${text}`);
      return key;
    },
    forget: (name) => memory.write(PREFIX + name, null),
  };
}

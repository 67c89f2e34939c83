/**
 * Codes that are good once: to reset a password, and to sign in by a link. *shell*
 *
 * A reset code is looked for under the user's name, a link under its own digest. Only a MAC of a
 * code is kept, and using it deletes its row in the transaction of what it was used for.
 */
import type { Write } from "../../key-value/port.ts";
import { type Problem, problemOfRead } from "../problem.ts";
import { type IdentityParts, secondsAfter } from "./parts.ts";
import { oneTimeCodes } from "./tables.ts";

export const RESET_MS = 15 * 60_000;
export const LINK_MINUTES = { least: 1, usual: 10, most: 60 } as const;

/** Without what is mistaken for one another; 32 of them, so that a byte gives one without bias. */
const ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ123456789";
const GROUP = 4;

/** 60 bits, or 140 for what is not typed. */
export function newCode(length: 12 | 28): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  const letters = Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return (letters.match(new RegExp(`.{${GROUP}}`, "g")) ?? []).join("-");
}

const plain = (code: string): string => code.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");

export type CodePurpose = "reset" | "link";

export interface OneTimeCodes {
  /** Good for `lifeMs` from now. */
  put(purpose: CodePurpose, username: string, code: string, lifeMs: number): Promise<Write>;
  /** Whose it is, and the write that uses it up. */
  find(
    purpose: CodePurpose,
    username: string,
    code: string,
  ): Promise<
    { readonly kind: "found"; readonly username: string; readonly use: Write } | Problem | undefined
  >;
}

export function createOneTimeCodes({ store, sealing, digest, nowMs }: IdentityParts): OneTimeCodes {
  const nameOf = (purpose: CodePurpose, username: string, code: string): string =>
    `${purpose}:${digest(`one-time code\n${purpose === "reset" ? username : plain(code)}`)}`;
  const proofOf = (purpose: CodePurpose, username: string, code: string): Promise<string> =>
    sealing.mac(`understudy one-time code 1\n${purpose}\n${username}\n${plain(code)}`);

  return {
    put: async (purpose, username, code, lifeMs) => ({
      kind: "put",
      table: oneTimeCodes,
      item: {
        name: nameOf(purpose, username, code),
        proof: await proofOf(purpose, username, code),
        username,
        expires: secondsAfter(nowMs(), lifeMs),
      },
    }),
    find: async (purpose, username, code) => {
      const name = nameOf(purpose, username, code);
      const read = await store.get(oneTimeCodes, { name });
      if (read.kind === "failed") return problemOfRead(read);
      const found = read.value;
      const owner = purpose === "reset" ? username : (found?.item.username ?? "");
      const proof = await proofOf(purpose, owner, code);
      if (found === undefined || found.item.expires * 1000 <= nowMs()) return undefined;
      if (found.item.proof !== proof) return undefined;
      const use: Write = {
        kind: "delete",
        table: oneTimeCodes,
        key: { name },
        ifVersion: found.version,
      };
      return { kind: "found", username: found.item.username, use };
    },
  };
}

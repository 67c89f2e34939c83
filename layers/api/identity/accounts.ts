/**
 * Accounts: made, signed in to, given another password, given roles. *shell*
 *
 * Invariants
 *  A1 whether an account exists shows in no answer but a sign-up's    (signIn, requestReset)
 *  A2 a new password ends every session that began before it     (generation, one transaction)
 *  A3 roles are given by operators only; nobody signs up with any                         (signUp)
 */

import type { Role } from "../../identity/roles.ts";
import { foldUsername } from "../../identity/same-name.ts";
import { objectToUsername } from "../../identity/user-names.ts";
import type { Found, KeyValueStore, Write } from "../../key-value/port.ts";
import type { Call } from "../call.ts";
import { type Problem, problem, problemOfRead, problemOfWrite } from "../problem.ts";
import { createOneTimeCodes, newCode, RESET_MS } from "./one-time-codes.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import type { IdentityParts } from "./parts.ts";
import { type Asker, BUSY, createPasswords } from "./passwords.ts";
import { done, type Ended, type IssueResult, type Sessions } from "./sessions.ts";
import { type User, users } from "./tables.ts";

export interface Accounts {
  readonly outbox: Outbox;
  signUp(call: Call, form: { username: string; password: string; email?: string }): IssueResult;
  signIn(call: Call, form: { username: string; password: string }, asker: Asker): IssueResult;
  changePassword(
    call: Call,
    form: { currentPassword?: string | undefined; newPassword: string },
    asker: Asker,
  ): IssueResult;
  /** Sends a code, if there is such a user and somewhere to send it. */
  requestReset(call: Call, username: string): Promise<Ended>;
  reset(
    call: Call,
    form: { username: string; code: string; newPassword: string },
    asker: Asker,
  ): IssueResult;
  setRoles(username: string, roles: readonly Role[]): Promise<Ended>;
  /** A link that signs in once; makes the account, an operator's, where there is none. */
  makeOperatorLink(
    call: Call,
    username: string,
    lifeMs: number,
  ): Promise<
    { readonly kind: "made"; readonly code: string; readonly expiresOn: string } | Problem
  >;
  useLink(call: Call, code: string, asker: Asker): IssueResult;
  user(call: Call, username: string): ReturnType<KeyValueStore["get"]>;
}

const WRONG_CODE = problem("code-refused", "The code is wrong, was used, or is too old.");
const CHANGED = problem("conflict", "The account was changed at the same time; try again.");

export function createAccounts(parts: IdentityParts, sessions: Sessions): Accounts {
  const { store, attempts, nowMs } = parts;
  const passwords = createPasswords(parts);
  const codes = createOneTimeCodes(parts);
  const outbox = createOutbox(parts);
  const findUser = (username: string) => store.get(users, { username: foldUsername(username) });

  const newUser = (call: Call, displayName: string, more: Partial<User>): User => ({
    username: foldUsername(displayName),
    displayName: displayName.normalize("NFKC"),
    // With the name, so that two accounts that were made with one key never share an id.
    userId: call.newId(`user ${foldUsername(displayName)}`),
    roles: ["user"],
    generation: 1,
    createdOn: new Date(nowMs()).toISOString(),
    ...more,
  });

  /** Another password, in one transaction with the session that goes on. */
  const replacePassword = async (
    call: Call,
    { item, version }: Found<User>,
    newPassword: string,
    also: readonly Write[],
  ): IssueResult => {
    const passwordHash = await passwords.hash(newPassword);
    if (passwordHash === undefined) return BUSY;
    const changed = { ...item, passwordHash, generation: item.generation + 1 };
    const put: Write = { kind: "put", table: users, item: changed, ifVersion: version };
    return sessions.begin(call, changed, [put, ...also], CHANGED);
  };

  /** Codes are too long to be guessed; what is counted is who tries. */
  const counting = ({ address }: Asker) =>
    attempts.begin(address === undefined ? [] : [{ bucket: "address", of: address }]);

  return {
    outbox,
    signUp: async (call, { username, password, email }) => {
      const passwordHash = await passwords.hash(password);
      if (passwordHash === undefined) return BUSY;
      const more = email === undefined ? { passwordHash } : { passwordHash, email };
      const user = newUser(call, username, more);
      const taken = problem("name-taken", `The name ${user.displayName} is taken.`);
      const put: Write = { kind: "put", table: users, item: user, ifAbsent: true };
      return sessions.begin(call, user, [put], taken);
    },
    signIn: async (call, form, asker) => {
      const checked = await passwords.check(form.username, form.password, asker);
      if ("kind" in checked) return checked;
      const twice = problem("conflict", "This session exists already.");
      return sessions.begin(call, checked.item, [], twice);
    },
    changePassword: async (call, { currentPassword, newPassword }, asker) => {
      const { username } = call.session;
      const read = await findUser(username);
      if (read.kind === "failed") return problemOfRead(read);
      const found = read.value;
      // Who came from another provider has none yet, and the session is all there is to show.
      if (found !== undefined && found.item.passwordHash === undefined) {
        return replacePassword(call, found, newPassword, []);
      }
      const checked = await passwords.check(username, currentPassword ?? "", asker);
      return "kind" in checked ? checked : replacePassword(call, checked, newPassword, []);
    },
    requestReset: async (call, given) => {
      const username = foldUsername(given);
      // What is too much is left undone without a word: the answer must not tell.
      const tried = await attempts.begin([{ bucket: "reset-request", of: username }]);
      if (tried.kind === "problem") {
        return tried.code === "too-many-attempts" ? { kind: "done" } : tried;
      }
      const read = await findUser(username);
      if (read.kind === "failed") return problemOfRead(read);
      const user = read.value?.item;
      const code = newCode(12);
      const kind = user === undefined ? "nobody" : "password-reset";
      const to = user?.email === undefined ? {} : { to: user.email };
      const outcome = await store.transact([
        // A code for nobody is as much work as one for somebody, and opens nothing.
        await codes.put("reset", username, code, RESET_MS),
        await outbox.put(call.newId("message"), { kind, username, ...to }, code),
      ]);
      await tried.failed();
      return done(outcome);
    },
    reset: async (call, { username: given, code, newPassword }, asker) => {
      const username = foldUsername(given);
      const recalled = await sessions.recall(call);
      if (recalled !== undefined) return recalled;
      const tried = await counting(asker);
      if (tried.kind === "problem") return tried;
      const found = await codes.find("reset", username, code);
      const read = await findUser(username);
      if (read.kind === "failed") return problemOfRead(read);
      if (found?.kind === "problem") return found;
      if (found === undefined || read.value === undefined) {
        await tried.failed();
        return WRONG_CODE;
      }
      tried.succeeded([]);
      return replacePassword(call, read.value, newPassword, [found.use]);
    },
    setRoles: async (username, roles) => {
      const read = await findUser(username);
      if (read.kind === "failed") return problemOfRead(read);
      if (read.value === undefined) return problem("not-found", `No user is named ${username}.`);
      const { item, version } = read.value;
      const changed: User = { ...item, roles: [...new Set<Role>(["user", ...roles])] };
      return done(
        await store.transact([{ kind: "put", table: users, item: changed, ifVersion: version }]),
      );
    },
    makeOperatorLink: async (call, username, lifeMs) => {
      const read = await findUser(username);
      if (read.kind === "failed") return problemOfRead(read);
      const existing = read.value?.item;
      if (existing !== undefined && !existing.roles.includes("operator")) {
        return problem(
          "not-allowed",
          `${existing.displayName} is no operator; give the role first.`,
        );
      }
      // Who has the account keeps it, whatever a new name may be today.
      const objection = existing === undefined ? objectToUsername(username) : undefined;
      if (objection !== undefined) return problem("invalid-request", objection.message);
      const code = newCode(28);
      const writes = [await codes.put("link", foldUsername(username), code, lifeMs)];
      if (existing === undefined) {
        const item = newUser(call, username, { roles: ["user", "operator"] });
        writes.push({ kind: "put", table: users, item, ifAbsent: true });
      }
      const outcome = await store.transact(writes);
      if (outcome.kind !== "ok") return problemOfWrite(outcome);
      return { kind: "made", code, expiresOn: new Date(nowMs() + lifeMs).toISOString() };
    },
    useLink: async (call, code, asker) => {
      const recalled = await sessions.recall(call);
      if (recalled !== undefined) return recalled;
      const tried = await counting(asker);
      if (tried.kind === "problem") return tried;
      const found = await codes.find("link", "", code);
      if (found?.kind === "problem") return found;
      const read = found === undefined ? undefined : await findUser(found.username);
      if (read?.kind === "failed") return problemOfRead(read);
      if (found === undefined || read?.value === undefined) {
        await tried.failed();
        return WRONG_CODE;
      }
      tried.succeeded([]);
      return sessions.begin(call, read.value.item, [found.use], WRONG_CODE);
    },
    user: (call, username) => store.get(users, { username: foldUsername(username) }, call.reading),
  };
}

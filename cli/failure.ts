/**
 * How a command ends when it does not end well. *pure*
 *
 *   0 done   1 refused or failed   2 cannot tell   64 wrong usage
 *
 * The reason goes to standard error; with --json the same as a problem object to standard output.
 */
import { ConfigurationError, explainError, OperatingError } from "../base/errors.ts";

export const STATUS = { done: 0, refused: 1, unknown: 2, usage: 64 } as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];

/** As in RFC 9457. */
export interface ProblemObject {
  readonly type: string;
  readonly title: string;
  readonly detail?: string;
  readonly [member: string]: unknown;
}

export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly status: Status;
  readonly problem: ProblemObject;

  constructor(status: Status, problem: ProblemObject) {
    super(problem.detail ?? problem.title);
    this.status = status;
    this.problem = problem;
  }
}

export const usage = (what: string, got: unknown, fix: string): CommandFailure => {
  const { message: detail } = new ConfigurationError({ what, got, fix });
  return new CommandFailure(STATUS.usage, { type: "/problems/usage", title: what, detail, fix });
};

export const refused = (code: string, title: string, detail: string): CommandFailure =>
  new CommandFailure(STATUS.refused, { type: `/problems/${code}`, title, detail });

export const cannotTell = (detail: string): CommandFailure =>
  new CommandFailure(STATUS.unknown, {
    type: "/problems/outcome-unknown",
    title: "It is not known whether this happened",
    detail,
  });

/** Whatever was thrown, as the end of a command. */
export function failureOf(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (error instanceof ConfigurationError) {
    const { message: detail, what: title, fix } = error;
    return new CommandFailure(STATUS.refused, {
      type: "/problems/invalid-request",
      title,
      detail,
      fix,
    });
  }
  if (error instanceof OperatingError)
    return refused(error.code, "It could not be done", error.message);
  return refused("internal-error", "A fault of Understudy", explainError(error));
}

/** Of several ends the worst: what failed for certain first, then what is not known. */
export const worstOf = (statuses: readonly Status[]): Status =>
  statuses.includes(STATUS.refused)
    ? STATUS.refused
    : statuses.includes(STATUS.unknown)
      ? STATUS.unknown
      : STATUS.done;

/** An answer of the control door or of a region that is not a success. */
export function failureOfAnswer(status: number, body: unknown): CommandFailure {
  const given = typeof body === "object" && body !== null ? (body as Partial<ProblemObject>) : {};
  const problem: ProblemObject = {
    type: "about:blank",
    title: `The answer was ${status}`,
    ...given,
    status,
  };
  const isOpen = status === 504 || problem.type === "/problems/outcome-unknown";
  return new CommandFailure(isOpen ? STATUS.unknown : STATUS.refused, problem);
}

/** Who may command the routing layer: the operator token, or a user with that role. *shell* */
import { authenticate, sameSecret } from "./authenticate.ts";
import type { Call } from "./call.ts";
import { type Problem, problem } from "./problem.ts";
import { bearerOf } from "./request-headers.ts";

/** Lets through the operator token, or a session with the role. */
export async function operatorProblem(
  call: Call,
  operatorToken: string,
): Promise<Problem | undefined> {
  const { platform } = call.scope;
  const token = bearerOf(call.header("authorization"));
  if (token !== undefined && sameSecret(platform.digest, token, operatorToken)) return undefined;
  const authenticated = await authenticate(call.scope);
  if (authenticated.kind === "problem") return authenticated;
  if (authenticated.session.roles.includes("operator")) return undefined;
  return problem("not-allowed", "This is for operators.");
}

/**
 * Faults on purpose, through the local target's control API. *shell*
 *
 * Targets without one answer 404: the buttons are then not shown.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../../../layers/presentation/api/problem.ts";
import { useKit } from "../../../layers/presentation/context.tsx";
import type { ActiveFault } from "./active-faults.ts";
import type { Crashes } from "./crash-mark.tsx";
import { useOperator } from "./operator.tsx";

export const FAULTS = ["kill", "restart", "freeze", "thaw", "partition", "heal"] as const;
export type Fault = (typeof FAULTS)[number];

export const STATUS_PATH = "/control/status";
const FAULTS_PATH = "/control/faults";
const ASK_EVERY_MS = 2_000;
const NOT_HERE = "not here";

export interface Broken {
  /** What was injected and is not over. */
  readonly faults: readonly ActiveFault[];
  /** How often the processes of regions ended by themselves. */
  readonly crashes: readonly Crashes[];
}

interface ControlStatus {
  readonly faults?: readonly ActiveFault[];
  readonly regions?: readonly Crashes[];
}

/** Undefined where this target does not let it be broken. */
export function useBroken(): Broken | undefined {
  const { api } = useKit();
  const { may, name, token, refused } = useOperator();
  const query = useQuery<Broken | typeof NOT_HERE>({
    queryKey: ["faults", token, name],
    enabled: may,
    refetchInterval: (known) => (known.state.data === NOT_HERE ? false : ASK_EVERY_MS),
    queryFn: async ({ signal }) => {
      try {
        const options = { bearer: token, signal };
        const { value } = await api.request<ControlStatus>("GET", STATUS_PATH, options);
        return { faults: value.faults ?? [], crashes: value.regions ?? [] };
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error;
        const isRefused = error.code === "unauthenticated" || error.code === "forbidden";
        if (isRefused && token !== undefined) refused();
        if (error.code === "not-found") return NOT_HERE;
        throw error;
      }
    },
  });
  return query.data === NOT_HERE ? undefined : query.data;
}

export function useInjectFault() {
  const { api } = useKit();
  const { token } = useOperator();
  const client = useQueryClient();
  return async (kind: Fault, regions: readonly string[], key: string, signal: AbortSignal) => {
    await api.request("POST", FAULTS_PATH, {
      body: { kind, regions, options: {} },
      bearer: token,
      key,
      signal,
    });
    void client.invalidateQueries({ queryKey: ["journal"] });
    void client.invalidateQueries({ queryKey: ["faults"] });
  };
}

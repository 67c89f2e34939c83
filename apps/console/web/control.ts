/**
 * Faults on purpose, through the local target's control API. *shell*
 *
 * Targets without one answer 404: the buttons are then not shown.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../../../layers/presentation/api/problem.ts";
import { useKit } from "../../../layers/presentation/context.tsx";
import { useOperator } from "./operator.tsx";

export const FAULTS = ["kill", "restart", "freeze", "thaw", "partition", "heal"] as const;
export type Fault = (typeof FAULTS)[number];

const STATUS_PATH = "/control/status";
const FAULTS_PATH = "/control/faults";

/** Whether this target lets an operator break it. */
export function useFaultsAvailable(): boolean {
  const { api } = useKit();
  const { may, name, token, refused } = useOperator();
  const query = useQuery({
    queryKey: ["faults", token, name],
    enabled: may,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      try {
        await api.request("GET", STATUS_PATH, { bearer: token, signal });
        return true;
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error;
        const isRefused = error.code === "unauthenticated" || error.code === "forbidden";
        if (isRefused && token !== undefined) refused();
        if (isRefused && token === undefined) return false;
        if (error.code === "not-found") return false;
        throw error;
      }
    },
  });
  return query.data === true;
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
  };
}

/**
 * How the regions are while none of them answers: the supervisor knows and tells operators.
 * *shell*
 *
 * Without it the page with the Restart button would show no region to restart.
 */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useKit, useLive } from "../../../layers/presentation/context.tsx";
import type { LiveRegion } from "../../../layers/presentation/live/live-state.ts";
import { STATUS_PATH } from "./control.ts";
import { useOperator } from "./operator.tsx";

const ASK_EVERY_MS = 2_000;

interface SupervisorStatus {
  readonly regions: readonly {
    readonly id: string;
    readonly url: string | null;
    readonly up: boolean;
    readonly healthy: boolean;
    readonly incarnation: number | null;
  }[];
}

const liveOf = ({
  url,
  incarnation,
  ...rest
}: SupervisorStatus["regions"][number]): LiveRegion => ({
  ...rest,
  url: url ?? "",
  incarnation: incarnation ?? 0,
});

export function OutageWatch() {
  const { api, live } = useKit();
  const { connection } = useLive();
  const { may, token } = useOperator();
  const { data } = useQuery({
    queryKey: ["supervisor", token],
    enabled: may && connection === "offline",
    refetchInterval: ASK_EVERY_MS,
    queryFn: async ({ signal }) =>
      (await api.request<SupervisorStatus>("GET", STATUS_PATH, { bearer: token, signal })).value,
  });
  useEffect(() => {
    if (data === undefined || live.state().connection !== "offline") return;
    live.learn({ type: "regions", regions: data.regions.map(liveOf) });
  }, [data, live]);
  return null;
}

/** What Prometheus reads at /metrics. *adapter* */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RequestSample } from "../../../layers/api/index.ts";
import type { HealthCheckView } from "../../../layers/routing/health-board.ts";
import type { Routing } from "../../../layers/routing/port.ts";
import type { LmdbEngine } from "../lmdb-engine.ts";

export interface Metrics {
  observe(sample: RequestSample): void;
  read(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export interface MetricsOptions {
  readonly region: string;
  readonly routing: Routing;
  readonly engine: LmdbEngine;
  readonly healthChecks: () => readonly HealthCheckView[];
  /** Faults of apps' code, by app. */
  readonly faults: ReadonlyMap<string, number>;
  /** How often this region's process has ended by itself since the deployment was started. */
  readonly crashes: number;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { region, routing, engine, faults, crashes } = options;
  const register = new Registry();
  register.setDefaultLabels({ region });
  collectDefaultMetrics({ register });
  const requests = new Histogram({
    name: "understudy_http_request_seconds",
    help: "Time to the answer, by route",
    labelNames: ["app", "route", "method", "status"],
    buckets: SECONDS,
    registers: [register],
  });
  const gauge = (name: string, help: string, labels: readonly string[]) =>
    new Gauge({ name: `understudy_${name}`, help, labelNames: labels, registers: [register] });
  const epoch = gauge("epoch", "Epoch of the app, as this region knows it", ["app"]);
  const lease = gauge("lease", "1 while this region may write for the app", ["app"]);
  const risk = gauge("writes_at_risk", "Acknowledged writes that only one region holds", ["app"]);
  const lagWrites = gauge("lag_writes", "How far a region is behind, in writes", ["app", "to"]);
  const lagMs = gauge("lag_milliseconds", "How far a region is behind, in time", ["app", "to"]);
  const late = gauge("late_writes", "What regions held beyond a cut, by what became of it", [
    "app",
    "verdict",
  ]);
  const waiting = gauge("late_writes_waiting", "Late writes that no holder has judged", ["app"]);
  const checked = gauge("health_check", "1 while the check finds the region well", ["check", "of"]);
  const found = gauge("health_check_voter", "1 while the voter alone does", [
    "check",
    "of",
    "voter",
  ]);
  const pressure = gauge("store_pressure", "How full the space for what is not in LMDB is", []);
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name: `understudy_${name}_total`, help, labelNames, registers: [register] });
  counter("region_crashes", "Ends of the region's process that nobody asked for").inc(crashes);
  const faulted = counter("app_faults", "Faults that came out of the app's code", ["app"]);
  // One child per combination, found without hashing a record of labels for each request.
  const children = new Map<string, ReturnType<typeof requests.labels>>();
  return {
    observe: ({ app, route, method, status, ms }) => {
      const key = `${app} ${route} ${method} ${status}`;
      let child = children.get(key);
      if (child === undefined) {
        child = requests.labels(app, route, method, String(status));
        children.set(key, child);
      }
      child.observe(ms / 1000);
    },
    read: async () => {
      for (const gauge of [risk, lagWrites, lagMs, waiting]) gauge.reset();
      for (const view of routing.apps()) {
        const { app } = view;
        epoch.set({ app }, view.epoch);
        lease.set({ app }, view.holdsLease ? 1 : 0);
        // What is unknown is absent: Prometheus has no other word for it.
        if (view.writesAtRisk !== undefined) risk.set({ app }, view.writesAtRisk);
        const { waiting: open, ...verdicts } = view.lateWrites;
        if (open !== undefined) waiting.set({ app }, open);
        for (const [verdict, count] of Object.entries(verdicts)) late.set({ app, verdict }, count);
        for (const [to, lag] of Object.entries(view.lag)) {
          if (lag.writes !== undefined) lagWrites.set({ app, to }, lag.writes);
          if (lag.ms !== undefined) lagMs.set({ app, to }, lag.ms);
        }
      }
      for (const gauge of [checked, found]) gauge.reset();
      for (const { check, region: of, healthy, voters } of options.healthChecks()) {
        checked.set({ check, of }, healthy ? 1 : 0);
        for (const one of voters) {
          if (!one.silent) found.set({ check, of, voter: one.voter }, one.healthy ? 1 : 0);
        }
      }
      faulted.reset();
      for (const [app, times] of faults) faulted.inc({ app }, times);
      pressure.set(engine.pressure);
      return { contentType: register.contentType, body: await register.metrics() };
    },
  };
}

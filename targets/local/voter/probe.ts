/**
 * Asks the region's own HTTP interface, from another thread, whether it answers at all. *adapter*
 *
 * Any answer is a good one: what a region says of its apps' health it says itself. None within the
 * limit is a bad one; hysteresis makes of it whether the main thread answers.
 */
import { Agent, get } from "node:http";
import {
  DEFAULT_HEALTH_TERMS,
  HEALTHY,
  type Health,
  nextHealth,
} from "../../../layers/routing/health.ts";

export interface Probe {
  useUrl(url: string): void;
  readonly answers: boolean;
  stop(): void;
}

const EVERY_MS = 500;
const LIMIT_MS = 1000;

export function startProbe(changed: (answers: boolean) => void): Probe {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let health: Health = HEALTHY;
  let url: string | undefined;
  let isAsking = false;

  const told = (isGood: boolean): void => {
    isAsking = false;
    const before = health.healthy;
    health = nextHealth(health, isGood, DEFAULT_HEALTH_TERMS);
    if (health.healthy !== before) changed(health.healthy);
  };
  const ask = (): void => {
    if (url === undefined || isAsking) return;
    isAsking = true;
    let isTold = false;
    const once = (isGood: boolean): void => {
      if (!isTold) told(isGood);
      isTold = true;
    };
    const request = get(new URL("/health", url), { agent, timeout: LIMIT_MS }, (response) => {
      response.resume();
      response.on("end", () => once(true));
    });
    const limit = setTimeout(() => request.destroy(), LIMIT_MS);
    request.on("error", () => once(false));
    request.on("close", () => {
      clearTimeout(limit);
      once(false);
    });
  };
  const timer = setInterval(ask, EVERY_MS);
  return {
    useUrl: (next) => {
      url = next;
    },
    get answers() {
      return health.healthy;
    },
    stop: () => {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

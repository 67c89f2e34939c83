/**
 * What the front door shows by itself while no region answers: the console, with which an operator
 * brings one back, and in the place of every other page one that says so and tries again. *adapter*
 *
 * Only for people: a program gets the problem document that it understands.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isNavigation, readWebFile } from "../pages.ts";
import { FRONT_DOOR } from "./problem.ts";

export interface StandIn {
  /** Whether a person waits for it: a page, or a file that pages are made of. */
  covers(request: IncomingMessage): boolean;
  answer(request: IncomingMessage, response: ServerResponse): void;
}

const CONSOLE = /^\/console(?:\/|$)/;
const ASSET = /^\/assets\/[A-Za-z0-9_-][\w.-]*$/;
const RETRY_AFTER_S = "2";

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").replace(/[?#].*$/s, "");

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
};

/** `origins`: of the regions, which the console asks as well once they are back. */
export function createStandIn(root: string, origins: () => readonly string[]): StandIn {
  const find = async (request: IncomingMessage) => {
    const path = pathOf(request);
    const accepted = headerOf(request, "accept-encoding") ?? "";
    if (ASSET.test(path)) {
      return { status: 200, file: await readWebFile(root, path, accepted, origins()) };
    }
    const isConsole = CONSOLE.test(path);
    const file = `/${isConsole ? "console" : "outage"}/index.html`;
    return {
      status: isConsole ? 200 : 503,
      file: await readWebFile(root, file, accepted, origins()),
    };
  };
  return {
    covers: (request) =>
      (request.method === "GET" || request.method === "HEAD") &&
      (ASSET.test(pathOf(request)) || isNavigation((name) => headerOf(request, name))),
    answer: (request, response) =>
      void find(request).then(({ status, file }) => {
        if (response.headersSent || response.destroyed) return;
        const body = request.method === "HEAD" ? undefined : file?.body;
        response
          .writeHead(file === undefined ? 404 : status, {
            ...file?.headers,
            "understudy-region": FRONT_DOOR,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            ...(status === 503
              ? { "retry-after": RETRY_AFTER_S, "cache-control": "no-store" }
              : {}),
          })
          .end(body);
      }),
  };
}

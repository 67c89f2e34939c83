/**
 * A region for tests of the front door: a real server on a real socket, whose process can be
 * killed, frozen or brought back as far as its clients can tell. *adapter for tests*
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface FakeRegion {
  readonly id: string;
  readonly url: string;
  /** Requests of apps; none of the front door's own questions. */
  readonly got: Got[];
  /** Apps that this region serves now. */
  readonly serves: Set<string>;
  epoch: number;
  /** How long `GET /health` takes: that of a region with more to do than it can. */
  healthDelayMs: number;
  answer: (got: Got, response: ServerResponse) => void;
  push(record: object): void;
  followers(): number;
  kill(): void;
  restart(): Promise<void>;
  /** Accepts connections and says nothing, until thawed. */
  freeze(): void;
  thaw(): void;
}

const json = (response: ServerResponse, status: number, body: unknown, epoch: number): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": status < 400 ? "application/json" : "application/problem+json",
    "content-length": Buffer.byteLength(text),
    "understudy-epoch": epoch,
  });
  response.end(text);
};

export async function startFakeRegion(id: string): Promise<FakeRegion> {
  let server: Server;
  let port = 0;
  let isFrozen = false;
  const frozen: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const streams = new Set<ServerResponse>();
  const records: object[] = [];

  const run = (work: () => void): void => {
    if (isFrozen) frozen.push(work);
    else work();
  };

  const region: FakeRegion = {
    id,
    url: "",
    got: [],
    serves: new Set(),
    epoch: 1,
    healthDelayMs: 0,
    answer(got, response) {
      const app = got.path.split("/")[1] ?? "";
      const reads = got.method === "GET";
      if (reads || region.serves.has(app)) {
        return json(response, reads ? 200 : 201, { from: id, body: got.body }, region.epoch);
      }
      const body = { type: "/problems/not-serving", epoch: region.epoch, servingRegions: [] };
      json(response, 503, body, region.epoch);
    },
    push(record) {
      records.push(record);
      run(() => {
        for (const stream of streams) stream.write(eventOf(record));
      });
    },
    followers: () => streams.size,
    kill() {
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async restart() {
      await listen();
    },
    freeze() {
      isFrozen = true;
    },
    thaw() {
      isFrozen = false;
      for (const work of frozen.splice(0)) work();
    },
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? "";
    if (path === "/routing/events") {
      streams.add(response);
      response.on("close", () => streams.delete(response));
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": hello\n\n");
      for (const record of records) response.write(eventOf(record));
      return;
    }
    if (path === "/routing/apps") return json(response, 200, { items: records }, region.epoch);
    if (path === "/health") {
      const { healthDelayMs, epoch } = region;
      if (healthDelayMs === 0) return json(response, 200, {}, epoch);
      return void setTimeout(() => json(response, 200, {}, epoch), healthDelayMs);
    }
    if (path.startsWith("/health/") && path.endsWith("/serving")) {
      const isServing = region.serves.has(path.split("/")[2] ?? "");
      return json(response, isServing ? 200 : 503, {}, region.epoch);
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const got = { method: request.method ?? "", path, headers: request.headers, body };
      region.got.push(got);
      region.answer(got, response);
    });
  };

  const listen = async (): Promise<void> => {
    server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) =>
      run(() => onRequest(request, response)),
    );
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  };
  await listen();
  return Object.assign(region, { url: `http://127.0.0.1:${port}` });
}

const eventOf = (app: object): string =>
  `event: record\ndata: ${JSON.stringify({ type: "record", app })}\n\n`;

export const recordFor = (
  app: string,
  serving: readonly string[],
  epoch: number,
  version = epoch,
  phase = "serving",
): object => ({ app, version, epoch, phase, servingRegions: serving });

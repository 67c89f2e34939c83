/**
 * A region made of memory, to look at the pages while working on them. Not a test double: tests and
 * drills use real regions.
 *
 *   node layers/presentation/dev/mock-region.mjs [PORT]      serves dist/web and the API
 *   POST /dev/scene {"state":"fenced","down":["eu-west-1"],"stale":true}    sets a situation
 *
 * Any user name and password sign in; the operator token is `operator`.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";

const WEB = resolve(import.meta.dirname, "../../../dist/web");
const PORT = Number(process.argv[2] ?? 8099);
const REGIONS = ["eu-west-1", "ap-southeast-1"];
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

let scene = {
  state: "active",
  down: [],
  stale: false,
  serving: "eu-west-1",
  epoch: 7,
  version: 12,
};
const journal = [
  ["switchover", "operator", "maintenance in Ireland is over", "ap-southeast-1", "eu-west-1", 7],
  [
    "takeover",
    "ap-southeast-1",
    "a majority of voters suspected eu-west-1",
    "eu-west-1",
    "ap-southeast-1",
    6,
  ],
  ["create", "eu-west-1", "first start", "", "eu-west-1", 1],
].map(([cause, by, reason, from, to, epoch], index) => ({
  app: "tickets",
  version: 12 - index,
  at: Date.now() - index * 3_600_000,
  cause,
  by,
  reason,
  from: from ? [from] : [],
  to: [to],
  epoch,
}));
const texts = [
  "Cannot print from the second floor: the queue accepts the job and then nothing happens.",
  "The invoice export of March ends with a row of question marks instead of the customer's name.",
  "Please give the new colleague in purchasing access to the supplier folder.",
  "Video calls freeze for a few seconds every time somebody starts a large download in the same room, and sometimes the call is dropped altogether.",
  "The door scanner at the loading dock reads every badge twice.",
  "Screen stays black after waking the laptop from sleep.",
];
let tickets = Array.from({ length: 26 }, (_, index) => ({
  id: `t-${String(1000 + index)}abcdef`.slice(0, 12),
  description: texts[index % texts.length],
  priority: ["normal", "high", "low", "urgent"][index % 4],
  status: ["open", "in-progress", "open", "closed"][index % 4],
  assigned: index % 3 === 0 ? "agent" : null,
  createdBy: ["requester", "agent"][index % 2],
  createdOn: new Date(Date.now() - index ** 2 * 400_000 - 60_000).toISOString(),
  version: `7-${index}`,
}));
const comments = new Map();
const agents = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Safari/604.1",
  undefined,
];
const sessions = agents.map((client, index) => ({
  id: `s-${index}`,
  current: index === 0,
  createdOn: new Date(Date.now() - (index + 1) * 86_400_000).toISOString(),
  usedOn: new Date(Date.now() - index * 7_200_000).toISOString(),
  region: REGIONS[index % 2],
  usedRegion: REGIONS[0],
  client,
}));
const providers = [
  { id: "local", title: "Local account", protocol: "openid-connect", ready: true, problems: [] },
  {
    id: "facebook",
    title: "Facebook",
    protocol: "facebook",
    ready: false,
    problems: [
      {
        setting: "UNDERSTUDY_FACEBOOK_APP_ID",
        problem: "It is not set.",
        fix: "Copy the App ID from the app's settings at developers.facebook.com, Basic.",
      },
    ],
  },
];
const redirectUris = providers.map(
  ({ id }) => `http://127.0.0.1:${PORT}/identity/federation/${id}/callback`,
);
let signedIn = "";
const streams = new Set();

const appView = () => ({
  app: "tickets",
  mode: "active-passive",
  durability: "replicated",
  state: scene.state,
  phase: scene.state === "fenced" ? "fenced" : "serving",
  policy: "automatic",
  epoch: scene.epoch,
  version: scene.version,
  primary: REGIONS[0],
  regions: REGIONS,
  servingRegions: [scene.serving],
  inSyncRegions: REGIONS.filter((id) => !scene.down.includes(id)),
  lag: Object.fromEntries(
    REGIONS.filter((id) => id !== scene.serving).map((id) => [
      id,
      scene.down.includes(id) ? { writes: 41, ms: 18_200 } : { writes: 0, ms: 0.4 },
    ]),
  ),
  writesAtRisk: scene.down.length > 0 ? 41 : 0,
});
const regionViews = () =>
  REGIONS.map((id, index) => ({
    id,
    url: `http://127.0.0.1:${PORT + index}`,
    up: !scene.down.includes(id),
    healthy: !scene.down.includes(id),
    incarnation: index + 2,
  }));
const tell = () => {
  for (const stream of streams) {
    stream.write(`event: record\ndata: ${JSON.stringify({ type: "record", app: appView() })}\n\n`);
    for (const region of regionViews())
      stream.write(`event: region\ndata: ${JSON.stringify({ type: "region", region })}\n\n`);
  }
};
const change = (news) => {
  scene = { ...scene, ...news, epoch: scene.epoch + 1, version: scene.version + 1 };
  tell();
};

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
}

async function serveFile(path, response) {
  const inApp = /^\/(tickets|console|account)(\/|$)/.exec(path)?.[1];
  const file = path.startsWith("/assets/") ? path : `/${inApp ?? "landing"}/index.html`;
  try {
    const bytes = await readFile(join(WEB, file));
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "text/plain",
      "content-security-policy": CSP,
    });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

function commandOf(command) {
  if (command === "fence") return { state: "fenced" };
  if (command === "unfence") return { state: scene.serving === REGIONS[0] ? "active" : "failover" };
  const serving = REGIONS.find((id) => id !== scene.serving);
  return { serving, state: serving === REGIONS[0] ? "active" : "failover" };
}

function routing(path, method, body) {
  const command = /^\/routing\/apps\/tickets\/(\w+)$/.exec(path)?.[1];
  if (command && method === "POST") {
    change(commandOf(command));
    return [200, appView()];
  }
  if (path === "/routing/apps") return [200, { items: [appView()] }];
  if (path === "/routing/regions") return [200, { items: regionViews() }];
  if (path === "/routing/journal") return [200, { items: journal }];
  if (path === "/control/faults" && method === "POST") {
    const others = scene.down.filter((id) => !body.regions.includes(id));
    change({ down: body.kind === "kill" ? [...others, ...body.regions] : others });
  }
  return path.startsWith("/control/") ? [200, {}] : undefined;
}

function identity(path, body) {
  if (path === "/identity/sign-in" || path === "/identity/sign-up") {
    signedIn = body.username;
    return [200, { accessToken: "x", refreshToken: "y" }];
  }
  if (path === "/identity/sign-out") signedIn = "";
  if (path === "/identity/sessions") return [200, { items: sessions }];
  if (path === "/identity/providers") return [200, { items: providers, redirectUris }];
  if (path === "/identity/link" || path === "/identity/federation/finish")
    return [401, { type: "/problems/code-refused", detail: "The code is too old." }];
  if (path === "/identity/me")
    return signedIn
      ? [200, { username: signedIn, roles: ["agent"] }]
      : [401, { type: "/problems/not-signed-in" }];
  return [200, {}];
}

function ticketsApi(url, method, body, request) {
  const fenced = method !== "GET" && scene.state === "fenced";
  if (fenced)
    return [
      503,
      { type: "/problems/fenced", title: "Writes are fenced", detail: "Nothing was written." },
      { "retry-after": "2" },
    ];
  const [id, sub] = url.pathname.split("/").slice(4);
  if (!id && method === "GET") {
    const wanted = tickets.filter((one) =>
      ["status", "assigned"].every(
        (name) => !url.searchParams.get(name) || one[name] === url.searchParams.get(name),
      ),
    );
    const from = Number(url.searchParams.get("cursor") ?? 0);
    const to = from + Number(url.searchParams.get("limit") ?? 20);
    return [
      200,
      { items: wanted.slice(from, to), ...(to < wanted.length ? { cursor: String(to) } : {}) },
    ];
  }
  if (!id) {
    const made = {
      id: `t-${Date.now()}`,
      ...body,
      status: "open",
      assigned: null,
      createdBy: signedIn,
      createdOn: new Date().toISOString(),
      version: "1",
    };
    tickets = [made, ...tickets];
    return [201, made];
  }
  const ticket = tickets.find((one) => one.id === id);
  if (!ticket) return [404, { type: "/problems/not-found", detail: "no such ticket" }];
  const list = comments.get(id) ?? [
    {
      id: "c1",
      ticketId: id,
      author: "agent",
      text: "Looked at it: the driver on the print server is from last year. I will update it tonight.",
      createdOn: new Date(Date.now() - 900_000).toISOString(),
    },
  ];
  comments.set(id, list);
  if (sub && method === "POST")
    list.push({
      id: `c${Date.now()}`,
      ticketId: id,
      author: signedIn,
      text: body.text,
      createdOn: new Date().toISOString(),
    });
  if (sub)
    return [method === "POST" ? 201 : 200, method === "POST" ? list.at(-1) : { items: list }];
  if (method === "PATCH") {
    if (request.headers["if-match"] !== `"${ticket.version}"`)
      return [412, { type: "/problems/precondition-failed" }];
    Object.assign(ticket, body, { version: `${scene.epoch}-${Date.now()}` });
  }
  return [200, ticket, { etag: `"${ticket.version}"` }];
}

async function answer(request, response) {
  const url = new URL(request.url, "http://region");
  const body = await bodyOf(request);
  if (url.pathname === "/dev/scene") {
    change(body);
    return response.end();
  }
  if (url.pathname === "/dev/touch") {
    Object.assign(
      tickets.find((one) => one.id === body.id),
      body.changes,
      { version: `touched-${Date.now()}` },
    );
    return response.end();
  }
  if (url.pathname === "/routing/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": hello\n\n");
    streams.add(response);
    return response.on("close", () => streams.delete(response));
  }
  const { pathname } = url;
  const { method } = request;
  const found = pathname.startsWith("/identity/")
    ? identity(pathname, body)
    : pathname.startsWith("/tickets/api/")
      ? ticketsApi(url, method, body, request)
      : routing(pathname, method, body);
  if (found === undefined) return serveFile(pathname, response);
  const [status, value, headers = {}] = found;
  response.writeHead(status, {
    "content-type": status < 400 ? "application/json" : "application/problem+json",
    "understudy-region": scene.serving,
    "understudy-epoch": String(scene.epoch),
    "understudy-consistency": scene.stale ? "stale" : "leased",
    ...(scene.stale ? { "understudy-data-age": "12400" } : {}),
    ...headers,
  });
  return response.end(JSON.stringify(value));
}

const server = createServer((request, response) => void answer(request, response));
server.listen(PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}`));
process.on("SIGTERM", () => process.exit(0));

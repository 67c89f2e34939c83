import { expect, test } from "vitest";
import { parseAddress, parseSubnet } from "./dns-address.ts";
import { answer } from "./dns-answer.ts";
import { type Answer, CLASS, type Client, type Edns, TYPE } from "./dns-message.ts";
import { type AppRouting, buildZone, type RegionAddress, type ZoneSettings } from "./dns-zone.ts";

const IRELAND = "eu-west-1";
const SINGAPORE = "ap-southeast-1";
const VIRGINIA = "us-east-1";

const settings: ZoneSettings = {
  zone: "understudy.test",
  serverAddresses: ["127.0.0.1"],
  aliases: { blog: "bookstore", www: "understudy.example.", a: "b", b: "a", "deep.name": "blog" },
  locations: {
    "10.1.0.0/16": IRELAND,
    "10.2.0.0/16": SINGAPORE,
    "10.2.9.0/24": VIRGINIA,
    "2001:db8::/32": SINGAPORE,
  },
};
const addresses: Record<string, readonly string[]> = {
  [IRELAND]: ["127.0.7.1", "2001:db8::1"],
  [SINGAPORE]: ["127.0.7.2"],
  [VIRGINIA]: ["127.0.7.3"],
};

interface Facts {
  readonly down?: readonly string[];
  readonly tickets?: readonly string[];
  readonly bookstore?: readonly string[];
  readonly unhealthy?: Record<string, readonly string[]>;
  readonly settings?: Partial<ZoneSettings>;
}

function zoneWith(facts: Facts = {}) {
  const regions: readonly RegionAddress[] = Object.entries(addresses).map(([id, all]) => ({
    id,
    addresses: all,
    healthy: !(facts.down ?? []).includes(id),
    url: `http://${all[0]}:8090`,
  }));
  const order = [IRELAND, SINGAPORE, VIRGINIA];
  const tickets = facts.tickets ?? [IRELAND];
  const apps: readonly AppRouting[] = [
    {
      app: "tickets",
      mode: "active-passive",
      state: tickets.includes(IRELAND) ? "active" : "failover",
      epoch: 3,
      primary: IRELAND,
      regions: order,
      servingRegions: tickets,
    },
    {
      app: "bookstore",
      mode: "active-active",
      regions: order,
      servingRegions: facts.bookstore ?? order,
    },
  ];
  const unhealthy = facts.unhealthy ?? {};
  return buildZone({ ...settings, ...facts.settings }, { serial: 42, regions, apps, unhealthy });
}

interface Asked {
  readonly type?: number;
  readonly class?: number;
  readonly edns?: Edns;
  readonly from?: string;
  readonly facts?: Facts;
}

function ask(name: string, asked: Asked = {}): Answer {
  const address = parseAddress(asked.from ?? "192.0.2.1");
  const client: Client = address === undefined ? {} : { address };
  const query = {
    name,
    type: asked.type ?? TYPE.A,
    class: asked.class ?? CLASS.IN,
    ...(asked.edns !== undefined && { edns: asked.edns }),
  };
  return answer(query, zoneWith(asked.facts), client);
}

const shown = (records: Answer["answers"]): readonly string[] =>
  records.map((record) => {
    if (record.type === "A") return record.address.bytes.join(".");
    if (record.type === "AAAA") return `AAAA ${record.address.bytes.join(",")}`;
    if (record.type === "CNAME" || record.type === "NS") return `${record.type} ${record.target}`;
    if (record.type === "TXT") return `TXT ${record.texts.join(" ")}`;
    return record.type;
  });
const addressesOf = (name: string, asked: Asked = {}): readonly string[] =>
  shown(ask(name, asked).answers);

const edns = (subnet: string): Edns => {
  const parsed = parseSubnet(subnet);
  const base = { sizeBytes: 1232, version: 0, dnssecOk: false };
  return parsed === undefined ? base : { ...base, subnet: parsed };
};

const TICKETS = "tickets.understudy.test";
const BOOKSTORE = "bookstore.understudy.test";

test("an app's name follows its serving region, before and after a failover", () => {
  const steps: readonly (readonly [string, Facts, string])[] = [
    ["nothing is wrong", {}, "127.0.7.1"],
    ["another region is down", { down: [SINGAPORE] }, "127.0.7.1"],
    ["the serving one is down, nobody took over yet", { down: [IRELAND] }, "127.0.7.2"],
    ["failed over", { down: [IRELAND], tickets: [SINGAPORE] }, "127.0.7.2"],
    ["the primary is back, no failback yet", { tickets: [SINGAPORE] }, "127.0.7.2"],
    ["failed over twice", { down: [IRELAND, SINGAPORE], tickets: [VIRGINIA] }, "127.0.7.3"],
    ["failed back", { tickets: [IRELAND] }, "127.0.7.1"],
    ["ill for this app only", { unhealthy: { tickets: [IRELAND] } }, "127.0.7.2"],
    ["ill for another app", { unhealthy: { bookstore: [IRELAND] } }, "127.0.7.1"],
    ["nobody is well: the last known", { down: [IRELAND, SINGAPORE, VIRGINIA] }, "127.0.7.1"],
    [
      "nobody is well, after a failover",
      { down: [IRELAND, SINGAPORE, VIRGINIA], tickets: [SINGAPORE] },
      "127.0.7.2",
    ],
    ["the record names nobody", { tickets: [] }, "127.0.7.1"],
    ["the record names nobody, one is down", { tickets: [], down: [IRELAND] }, "127.0.7.2"],
    ["the record names a stranger", { tickets: ["moon-1"] }, "127.0.7.1"],
  ];
  for (const [what, facts, expected] of steps) {
    expect([what, addressesOf(TICKETS, { facts })]).toEqual([what, [expected]]);
  }
});

test("latency leads to the nearest serving region that is well", () => {
  const steps: readonly (readonly [string, Asked, string])[] = [
    ["by the resolver's address", { from: "10.2.0.9" }, "127.0.7.2"],
    ["by the client's network", { from: "10.1.0.9", edns: edns("10.2.3.0/24") }, "127.0.7.2"],
    ["the longest prefix counts", { from: "10.2.9.1" }, "127.0.7.3"],
    ["IPv6", { from: "2001:db8::9" }, "127.0.7.2"],
    ["an unknown place: the preferred", { from: "192.0.2.1" }, "127.0.7.1"],
    ["the nearest is down", { from: "10.2.0.9", facts: { down: [SINGAPORE] } }, "127.0.7.1"],
    [
      "the nearest does not serve",
      { from: "10.2.0.9", facts: { bookstore: [VIRGINIA, IRELAND] } },
      "127.0.7.1",
    ],
    [
      "a place that is set for everybody else",
      { facts: { settings: { defaultLocation: SINGAPORE } } },
      "127.0.7.2",
    ],
    ["the policy can be set", { from: "10.2.0.9", facts: failoverBooks() }, "127.0.7.1"],
  ];
  for (const [what, asked, expected] of steps) {
    expect([what, addressesOf(BOOKSTORE, asked)]).toEqual([what, [expected]]);
  }
});

function failoverBooks(): Facts {
  return { settings: { policies: { bookstore: "failover" } } };
}

test("the subnet scope says how far an answer may be shared", () => {
  const scope = (name: string, subnet: string, facts: Facts = {}): number =>
    ask(name, { edns: edns(subnet), facts }).subnetScope;
  expect(scope(BOOKSTORE, "10.1.2.0/24")).toBe(16);
  expect(scope(BOOKSTORE, "10.2.9.0/24")).toBe(24);
  // The /16 has another network inside, so that only what was asked for may share the answer.
  expect(scope(BOOKSTORE, "10.2.3.0/24")).toBe(24);
  // Wider than a network inside it: it is told how much is needed.
  expect(scope(BOOKSTORE, "10.0.0.0/8")).toBe(24);
  expect(scope(BOOKSTORE, "192.0.2.0/24")).toBe(24);
  expect(scope(TICKETS, "10.1.2.0/24")).toBe(0);
  expect(scope(BOOKSTORE, "10.1.2.0/24", { bookstore: [IRELAND] })).toBe(0);
});

test("every type answers what there is, and says NODATA with the SOA where there is nothing", () => {
  const cases: readonly (readonly [string, keyof typeof TYPE, readonly string[]])[] = [
    [TICKETS, "A", ["127.0.7.1"]],
    [TICKETS, "AAAA", ["AAAA 32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1"]],
    [TICKETS, "TXT", ["TXT app=tickets serving=eu-west-1 state=active epoch=3"]],
    [TICKETS, "CNAME", []],
    [TICKETS, "NS", []],
    [TICKETS, "SOA", []],
    [TICKETS, "ANY", ["HINFO"]],
    ["understudy.test", "SOA", ["SOA"]],
    ["understudy.test", "NS", ["NS ns1.understudy.test"]],
    ["understudy.test", "A", ["127.0.7.1"]],
    ["understudy.test", "TXT", ["TXT understudy regions=3 apps=2"]],
    ["ns1.understudy.test", "A", ["127.0.0.1"]],
    ["ns1.understudy.test", "AAAA", []],
    ["ap-southeast-1.understudy.test", "A", ["127.0.7.2"]],
    ["ap-southeast-1.understudy.test", "AAAA", []],
    ["blog.understudy.test", "CNAME", [`CNAME ${BOOKSTORE}`]],
    ["blog.understudy.test", "A", [`CNAME ${BOOKSTORE}`, "127.0.7.1"]],
    ["blog.understudy.test", "ANY", ["HINFO"]],
    [
      "deep.name.understudy.test",
      "A",
      ["CNAME blog.understudy.test", `CNAME ${BOOKSTORE}`, "127.0.7.1"],
    ],
    ["name.understudy.test", "A", []],
    ["www.understudy.test", "A", ["CNAME understudy.example"]],
  ];
  for (const [name, type, expected] of cases) {
    const got = ask(name, { type: TYPE[type] });
    const rcodeAndRecords = [name, type, got.rcode, shown(got.answers)];
    expect(rcodeAndRecords).toEqual([name, type, "NOERROR", expected]);
    expect(got.authoritative).toBe(true);
    const soa = got.authorities[0];
    expect(soa?.type).toBe(expected.length === 0 ? "SOA" : undefined);
    if (soa !== undefined) expect(soa.ttlS).toBe(1);
  }
});

test("a name that is not there is NXDOMAIN, to be remembered for the negative TTL", () => {
  const got = ask("nothing.understudy.test", { facts: { settings: { ttls: { negativeS: 7 } } } });
  expect(got.rcode).toBe("NXDOMAIN");
  expect(got.answers).toEqual([]);
  expect(got.authorities).toMatchObject([{ type: "SOA", ttlS: 7, minimumS: 7, serial: 42 }]);
});

test("an alias of a name that is not there is told with the alias, as NXDOMAIN", () => {
  const got = ask("x.understudy.test", { facts: { settings: { aliases: { x: "gone" } } } });
  expect(got).toMatchObject({ rcode: "NXDOMAIN", authorities: [{ type: "SOA" }] });
  expect(shown(got.answers)).toEqual(["CNAME gone.understudy.test"]);
});

test("aliases that go in a circle end as a server failure", () => {
  expect(ask("a.understudy.test")).toMatchObject({ rcode: "SERVFAIL", answers: [] });
});

test("nothing is said of names outside the zone, of other classes, of transfers", () => {
  const refused: readonly (readonly [string, Asked, string])[] = [
    ["example.com", {}, "REFUSED"],
    ["", {}, "REFUSED"],
    ["test", {}, "REFUSED"],
    ["xunderstudy.test", {}, "REFUSED"],
    [TICKETS, { class: 3 }, "REFUSED"],
    ["understudy.test", { type: 252 }, "REFUSED"],
    ["understudy.test", { type: TYPE.IXFR }, "REFUSED"],
    [TICKETS, { type: TYPE.OPT }, "FORMERR"],
    [TICKETS, { edns: { ...edns(""), version: 1 } }, "BADVERS"],
  ];
  for (const [name, asked, rcode] of refused) {
    const got = ask(name, asked);
    expect([name, got.rcode]).toEqual([name, rcode]);
    expect([got.authoritative, got.answers, got.authorities]).toEqual([false, [], []]);
  }
});

test("a region's own name is told whether it is well or not, and says which", () => {
  const facts = { down: [SINGAPORE] };
  const name = `${SINGAPORE}.understudy.test`;
  expect(addressesOf(name, { facts })).toEqual(["127.0.7.2"]);
  expect(addressesOf(name, { facts, type: TYPE.TXT })).toEqual([
    "TXT region=ap-southeast-1 healthy=false url=http://127.0.7.2:8090",
  ]);
});

test("the zone's own name leads to a healthy region, or to the addresses given for it", () => {
  expect(addressesOf("understudy.test", { facts: { down: [IRELAND] } })).toEqual(["127.0.7.2"]);
  const facts = { settings: { apexAddresses: ["127.0.0.1"] } };
  expect(addressesOf("understudy.test", { facts })).toEqual(["127.0.0.1"]);
});

test("before any region is known the answer is a failure, which nobody remembers for long", () => {
  const empty = buildZone(settings, { serial: 1, regions: [], apps: [] });
  const query = { name: "understudy.test", type: TYPE.A, class: CLASS.IN };
  expect(answer(query, empty, {}).rcode).toBe("SERVFAIL");
});

test("what cannot be a zone is refused with what was wrong", () => {
  const facts = { serial: 1, regions: [], apps: [] };
  const wrong: readonly (readonly [Partial<ZoneSettings>, RegExp])[] = [
    [{ zone: "under study" }, /zone is no domain name: got "under study"/],
    [{ serverAddresses: ["localhost"] }, /the server is no IP address: got "localhost"/],
    [{ locations: { "10.1.2.3/8": IRELAND } }, /must be a network: got "10.1.2.3\/8"/],
    [{ aliases: { "x y": "a" } }, /no domain name/],
  ];
  for (const [change, message] of wrong) {
    expect(() => buildZone({ ...settings, ...change }, facts)).toThrow(message);
  }
});

test("an app that is named like a region keeps its name", () => {
  const zone = buildZone(settings, {
    serial: 1,
    regions: [{ id: "tickets", addresses: ["127.0.7.9"], healthy: true }],
    apps: [{ app: "tickets", servingRegions: [] }],
  });
  expect(zone.names.get(TICKETS)?.kind).toBe("app");
});

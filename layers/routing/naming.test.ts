import { expect, test } from "vitest";
import { defineNaming, type NamingOptions } from "./naming.ts";

const define = (options: NamingOptions) =>
  defineNaming(options, ["eu-west-1", "us-east-1"], ["identity", "tickets"]);

test("without a word about it there is a zone, and one check of every region", () => {
  const { dns, healthChecks } = define({});
  expect(dns.zone).toBe("understudy.test");
  expect(Object.values(healthChecks)).toMatchObject([{ path: "/health" }]);
  expect(define({ healthChecks: {} }).healthChecks).toEqual({});
});

test("what is configured is kept, and can be sent as a message", () => {
  const options: NamingOptions = {
    dns: { zone: "shop.test", policies: { tickets: "latency" }, ttls: { addressS: 5 } },
    healthChecks: { serves: { app: "tickets", path: "/health/tickets/serving", find: "serving" } },
  };
  expect(define(options)).toEqual(options);
  expect(structuredClone(define(options))).toEqual(options);
});

test("a mistake is told with what was wrong and what there is", () => {
  const wrong: readonly (readonly [NamingOptions, RegExp])[] = [
    [{ dns: { zone: "no zone" } }, /domain name/],
    [{ dns: { locations: { "10.0.0.1/8": "eu-west-1" } } }, /must be a network/],
    [{ dns: { policies: { photos: "latency" } } }, /DNS policy .* got "photos"/],
    [{ healthChecks: { Region: {} } }, /name of a health check/],
    [{ healthChecks: { one: { app: "photos" } } }, /app of the health check one/],
    [{ healthChecks: { one: { regions: ["mars"] } } }, /a region of the health check one/],
    [{ healthChecks: { one: { voters: ["mars"] } } }, /a voter of the health check one/],
    [{ healthChecks: { one: { path: "health" } } }, /path of a health check/],
    [
      { healthChecks: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`c${n}`, {}])) },
      /too many health checks/,
    ],
  ];
  for (const [options, message] of wrong) expect(() => define(options)).toThrow(message);
});

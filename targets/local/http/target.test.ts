import { expect, test } from "vitest";
import { readHost, readTarget } from "./target.ts";

const pathOf = (raw: string, method = "GET") => {
  const target = readTarget(method, raw);
  return target.kind === "path" ? target.path : target.kind;
};

test("an absolute form is read as the path it names, and its authority replaces Host", () => {
  expect(readTarget("GET", "http://shop.example:8080/tickets/api?x=1")).toEqual({
    kind: "path",
    path: "/tickets/api?x=1",
    authority: "shop.example:8080",
  });
  expect(pathOf("HTTPS://h/tickets")).toBe("/tickets");
  expect(pathOf("http://h")).toBe("/");
  expect(pathOf("http://h?x=1")).toBe("/?x=1");
  expect(pathOf("http://[::1]:8080/a")).toBe("/a");
});

test("slashes and dots before the first segment hide no app", () => {
  for (const raw of [
    "//tickets/api",
    "////tickets/api",
    "/./tickets/api",
    "/x/../tickets/api",
    "/%2e/tickets/api",
    "/x/%2E%2e/tickets/api",
    "/.//tickets/api",
    "http://h//tickets/api",
  ]) {
    expect(pathOf(raw), raw).toBe("/tickets/api");
  }
});

test("what is no dot segment stays as it came", () => {
  for (const raw of ["/a/.well-known/x", "/a..b/c", "/a?x=/../b", "/%74ickets", "/a//b", "/a;b"]) {
    expect(pathOf(raw), raw).toBe(raw);
  }
});

test("* asks the server itself, with OPTIONS only", () => {
  expect(pathOf("*", "OPTIONS")).toBe("server");
  expect(pathOf("*")).toBe("malformed");
});

test("a target that names nothing is malformed", () => {
  for (const raw of [
    "",
    "tickets",
    "ftp://h/x",
    "http:///x",
    "http://a b/x",
    "http://u@h/",
    "/\\x",
  ]) {
    expect(pathOf(raw), raw).toBe("malformed");
  }
});

test("a Host is what a URL makes of it, or none", () => {
  const hostOf = (raw: string) => {
    const read = readHost(raw);
    return read.kind === "host" ? read.host : read.kind;
  };
  for (const raw of [
    "Shop.example:8080",
    "x_y",
    "localhost",
    "1.example",
    "127.0.0.1:8080",
    "[::1]",
  ]) {
    expect([raw, hostOf(raw)]).toEqual([raw, raw]);
  }
  for (const [raw, host] of [
    ["shop:", "shop"],
    ["sh%6fp:8080", "shop:8080"],
    ["[0:0:0:0:0:0:0:1]:8080", "[::1]:8080"],
    ["127.1", "127.0.0.1"],
  ] as const) {
    expect([raw, hostOf(raw)]).toEqual([raw, host]);
    expect(readTarget("GET", `http://${raw}/a`)).toMatchObject({ path: "/a", authority: host });
  }
  for (const raw of [
    "x:99999",
    "%zz",
    "1.2.3.999",
    "shop.1x.5",
    "xn--a",
    "[:::]",
    "a/b",
    "u@h",
    "",
  ]) {
    expect([raw, hostOf(raw)]).toEqual([raw, "malformed"]);
  }
});

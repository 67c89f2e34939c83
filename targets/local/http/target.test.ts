import { expect, test } from "vitest";
import { readTarget } from "./target.ts";

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

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { setUp, stops } from "./test-world.ts";

/** As a browser goes to a page; `fetch` names another mode of its own. */
const goTo = (url: string): Promise<Shown> =>
  new Promise((resolve, reject) => {
    const headers = { accept: "text/html,*/*", "sec-fetch-mode": "navigate" };
    httpRequest(url, { headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += String(chunk);
      });
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, text }),
      );
    })
      .on("error", reject)
      .end();
  });

interface Shown {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function builtPages(): string {
  const root = mkdtempSync(join(tmpdir(), "understudy-pages-"));
  stops.push(() => rmSync(root, { recursive: true, force: true }));
  for (const page of ["console", "outage"]) {
    mkdirSync(join(root, page));
    writeFileSync(join(root, page, "index.html"), `<title>${page}</title>`);
  }
  mkdirSync(join(root, "assets"));
  writeFileSync(join(root, "assets", "kit-1.js"), "kit()");
  return root;
}

describe("a front door whose regions are all down", () => {
  it("shows people the console and, for every other page, that it looks for a region", async () => {
    const { door, call, a, b } = await setUp({ webRoot: builtPages() });
    a.kill();
    b.kill();
    for (const path of ["/", "/tickets/new", "/tickets/api/tickets", "/account/link?x=1"]) {
      const page = await goTo(`${door.url}${path}`);
      expect({ path, status: page.status }).toEqual({ path, status: 503 });
      expect(page.text).toBe("<title>outage</title>");
      expect(page.headers["content-security-policy"]).toContain(a.url);
      expect(page.headers["retry-after"]).toBe("2");
    }
    const shown = await goTo(`${door.url}/console/`);
    expect([shown.status, shown.text]).toEqual([200, "<title>console</title>"]);
    const script = await call("/assets/kit-1.js");
    expect([script.status, await script.text()]).toEqual([200, "kit()"]);
    expect((await call("/assets/kit-2.js")).status).toBe(404);
  });

  it("answers programs with a problem, as before", async () => {
    const { call, a, b } = await setUp({ webRoot: builtPages(), limits: { holdMs: 200 } });
    a.kill();
    b.kill();
    for (const path of ["/", "/tickets/api/tickets"]) {
      const answer = await call(path, { headers: { accept: "application/json" } });
      expect(answer.status).toBe(503);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
  });

  it("leaves people with a region that is frozen no longer than two seconds", async () => {
    const { door, a, b } = await setUp({ webRoot: builtPages() });
    a.freeze();
    b.freeze();
    // Far below the 10 s for which a program's request is held.
    const from = performance.now();
    expect((await goTo(`${door.url}/tickets/`)).text).toBe("<title>outage</title>");
    expect(performance.now() - from).toBeLessThan(8_000);
  });

  it("shows what a region answers as long as there is one", async () => {
    const { door, a } = await setUp({ webRoot: builtPages() });
    a.kill();
    const page = await goTo(`${door.url}/tickets/`);
    expect([page.status, page.headers["understudy-region"]]).toEqual([200, "b"]);
  });
});

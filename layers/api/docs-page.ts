/** `/docs`: Swagger UI from local files, so that it works without the internet. *shell* */
export interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer> | string;
  readonly contentType: string;
}

/** Port: a file of the package swagger-ui-dist. *port* */
export type DocsFile = (name: string) => Promise<StaticFile | undefined>;

const FILES: readonly string[] = [
  "swagger-ui.css",
  "swagger-ui-bundle.js",
  "favicon-16x16.png",
  "favicon-32x32.png",
];

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Understudy: API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<main id="swagger-ui"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true });
`;

/** Swagger UI sets styles of its own on elements, and inlines its icons. */
export const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; connect-src 'self'; font-src 'self' data:; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export async function docsPage(path: string, file: DocsFile): Promise<StaticFile | undefined> {
  if (path === "/docs" || path === "/docs/") {
    return { body: PAGE, contentType: "text/html; charset=utf-8" };
  }
  const name = path.slice("/docs/".length);
  if (name === "start.js") return { body: START, contentType: "text/javascript; charset=utf-8" };
  return FILES.includes(name) ? file(name) : undefined;
}

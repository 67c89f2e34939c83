/**
 * `fetch` for a body whose sending is to be watched, which `fetch` itself cannot. *adapter*
 *
 * Progress is what has left this machine. A body that stands still for STALL_MS is given up, so
 * that it can go to another region; how long the whole takes is not limited.
 */
export type OnProgress = (sentBytes: number) => void;

const STALL_MS = 15_000;
/** From the last byte to the answer. */
const ANSWER_MS = 60_000;

export function createProgressFetch(onProgress: OnProgress): typeof globalThis.fetch {
  return (input, init = {}) =>
    new Promise<Response>((resolve, reject) => {
      const request = new XMLHttpRequest();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const { signal } = init;
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        settle();
      };
      const fail = (message: string) => end(() => reject(new TypeError(message)));
      const onAbort = (): void => {
        request.abort();
        end(() => reject(signal?.reason));
      };
      const watch = (limitMs: number): void => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          request.abort();
          fail(`nothing moved for ${limitMs} ms`);
        }, limitMs);
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      request.open(init.method ?? "GET", String(input));
      request.withCredentials = init.credentials === "include";
      for (const [name, value] of new Headers(init.headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded }) => {
        onProgress(loaded);
        watch(STALL_MS);
      };
      request.upload.onload = () => watch(ANSWER_MS);
      request.onerror = () => fail("the connection broke");
      request.onload = () => end(() => resolve(responseOf(request)));
      watch(STALL_MS);
      request.send((init.body ?? null) as XMLHttpRequestBodyInit | null);
    });
}

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split(/\r?\n/)) {
    const at = line.indexOf(":");
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  const { status, statusText } = request;
  return new Response(request.responseText || null, { status, statusText, headers });
}

/** The hub of the event streams, in a worker that all tabs of an origin share. *composition* */
import { createBrowserHub, type Wishes } from "./stream-hub.ts";

const hub = createBrowserHub();

/** The type environment of the pages knows no workers. */
const scope = globalThis as unknown as { onconnect: (event: MessageEvent) => void };

scope.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  const tab = { tell: (news: unknown) => port.postMessage(news) };
  port.onmessage = ({ data }: MessageEvent<Wishes>) => hub.update(tab, data);
};

/**
 * That somebody signed in or out, for all tabs of this origin. *shell*
 *
 * Tabs share the session's cookie and nothing tells a page when it goes: each tab says so itself.
 */
export interface SessionNews {
  /** To the other tabs; this one knows. */
  tell(isSignedIn: boolean): void;
  subscribe(listener: (isSignedIn: boolean) => void): () => void;
}

const CHANNEL = "understudy.session";

export function createSessionNews(): SessionNews {
  const channel = new BroadcastChannel(CHANNEL);
  return {
    tell: (isSignedIn) => channel.postMessage(isSignedIn),
    subscribe(listener) {
      const onMessage = ({ data }: MessageEvent<unknown>): void => listener(data === true);
      channel.addEventListener("message", onMessage);
      return () => channel.removeEventListener("message", onMessage);
    },
  };
}

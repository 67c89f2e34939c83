/**
 * One photo from this page to the regions, through fences and failovers. *shell*
 *
 *   leave (an address to send to) --> bytes --> photo
 *
 * Every step is remembered, and every try of it carries the item's key: after a failover the photo
 * is asked for first, and bytes go again only where the region says that it does not have them.
 */
import {
  runPersistentWrite,
  type Waiting,
} from "../../../../layers/presentation/api/persistent-write.ts";
import { problemOf } from "../../../../layers/presentation/api/problem.ts";
import type { Api } from "../../../../layers/presentation/api/request.ts";
import { API, type Photo } from "../photo.ts";
import type { Item, Phase } from "./upload-list.ts";

interface Leave {
  readonly id: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Drawing a large picture behind others takes a while. */
const DRAWN_WITHIN_MS = 60_000;

/** What is known of an item's way so far; outlives a run that was cancelled or failed. */
export interface Progress {
  leave: Leave | undefined;
  hasSent: boolean;
}

export interface UploadRun {
  readonly progress: Progress;
  readonly api: Api;
  readonly item: Item;
  readonly signal: AbortSignal;
  readonly onPhase: (phase: Phase) => void;
  readonly onWake: (wake: () => void) => () => void;
}

export async function runUpload(run: UploadRun): Promise<Photo> {
  const { api, item, signal, onPhase, onWake, progress } = run;

  const attempt = async (): Promise<Photo> => {
    let { leave } = progress;
    if (leave === undefined) {
      onPhase({ name: "asking" });
      leave = await ask(api, item, signal);
      progress.leave = leave;
    }
    if (!progress.hasSent) {
      await sendBytes(api, item, leave, signal, onPhase);
      progress.hasSent = true;
    }
    onPhase({ name: "finishing" });
    const body = { upload: leave.id, title: item.title.trim(), altText: item.altText.trim() };
    const made = await api.request<Photo>("POST", `${API}/photos`, {
      body,
      key: item.key,
      signal,
      attemptMs: DRAWN_WITHIN_MS,
    });
    return made.value;
  };

  return runPersistentWrite({
    key: item.key,
    send: async () => {
      try {
        return await attempt();
      } catch (error) {
        const { code } = problemOf(error);
        // The address has run out, or what was sent is not in the region that serves now.
        if (code !== "upload-missing" && code !== "forbidden") throw error;
        progress.leave = undefined;
        progress.hasSent = false;
        return attempt();
      }
    },
    onWaiting: ({ problem, attempts }: Waiting) => onPhase({ name: "waiting", problem, attempts }),
    signal,
    onWake,
  });
}

/** The same key gives leave for the same upload, in whatever region. */
async function ask(api: Api, { key, file }: Item, signal: AbortSignal): Promise<Leave> {
  const body = { contentType: typeOf(file), sizeBytes: file.size };
  const answer = await api.request<Leave>("POST", `${API}/uploads`, {
    body,
    key: `${key}-upload`,
    signal,
  });
  return answer.value;
}

async function sendBytes(
  api: Api,
  { key, file }: Item,
  { url, headers }: Leave,
  signal: AbortSignal,
  onPhase: UploadRun["onPhase"],
): Promise<void> {
  onPhase({ name: "sending", sentBytes: 0 });
  await api.request("PUT", url, {
    bytes: {
      content: file,
      headers,
      onProgress: (sentBytes) => onPhase({ name: "sending", sentBytes }),
    },
    key: `${key}-bytes`,
    signal,
  });
}

/** What the browser calls it; the server looks at the content. */
const typeOf = (file: Blob): string =>
  /^image\/[\w.+-]+$/.test(file.type) ? file.type : "application/octet-stream";

/**
 * Loads the sample photos, and the accounts they are of, into a new deployment. *public*
 *
 * The pictures were drawn while building (build/draw-samples.mjs); where nothing was built, there
 * are none, and only the accounts are made.
 */
import {
  createSampleLoader,
  type LoadSampleContent,
  notTaken,
  type SampleAccount,
  type SampleLoader,
} from "../../layers/api/index.ts";

interface SamplePicture {
  readonly title: string;
  readonly altText: string;
  readonly contentType: string;
  readonly base64: string;
}

/** Their passwords are known to everyone who reads this: they exist only with sample content. */
export const sampleAccounts = {
  photographer: {
    username: "photographer",
    password: "photographer-sample-only",
    roles: ["user"],
  },
  visitor: { username: "visitor", password: "visitor-sample-only", roles: ["user"] },
} as const satisfies Record<string, SampleAccount>;

/** Per picture, counted from the first. */
const COMMENTS: Readonly<
  Record<number, readonly (readonly ["photographer" | "visitor", string])[]>
> = {
  0: [
    ["visitor", "I could look at these ridges all day. Where did you stand?"],
    ["photographer", "On the eighth one, which is why it is not in the picture."],
  ],
  4: [
    ["visitor", "How long did you have to wait for it?"],
    ["photographer", "Three nights. Two of them were fog."],
    ["visitor", "The third was worth it."],
  ],
  9: [["visitor", "This would make a splendid bathroom."]],
  23: [["visitor", "The shadows are bluer than the sky. Lovely."]],
};

/** A few at a time: the region draws one after the other, and others wait for nothing. */
const AT_ONCE = 3;
const MODULE = "./sample-pictures.js";

export const loadSamplePhotos: LoadSampleContent = async (options) => {
  const { send, openAccount } = createSampleLoader(options);
  const photographer = await openAccount(sampleAccounts.photographer);
  const visitor = await openAccount(sampleAccounts.visitor);
  const tokens = { photographer, visitor };
  const pictures = await drawnPictures();
  let next = 0;
  const loader = async (): Promise<void> => {
    for (let at = next++; at < pictures.length; at = next++) {
      const picture = pictures[at];
      if (picture !== undefined) await loadPhoto(picture, at, tokens, send);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loader));
  options.log(`Loaded ${pictures.length} sample photos and 2 accounts.`);
  return Object.values(sampleAccounts).map(({ username, password }) => ({
    role: username,
    username,
    password,
  }));
};

async function loadPhoto(
  { title, altText, contentType, base64 }: SamplePicture,
  at: number,
  tokens: Readonly<Record<"photographer" | "visitor", string>>,
  send: SampleLoader["send"],
): Promise<void> {
  const key = `sample-photo-${at + 1}`;
  const captions = new URLSearchParams({ title, altText });
  const made = await send({
    method: "POST",
    path: `/photos/api/photos?${captions}`,
    content: { type: contentType, bytes: bytesOf(base64) },
    key,
    // Every third is the visitor's, so that "only mine" shows something to both.
    token: at % 3 === 2 ? tokens.visitor : tokens.photographer,
  });
  if (made.status !== 201) throw notTaken(key, made);
  for (const [index, [by, text]] of (COMMENTS[at] ?? []).entries()) {
    const sent = await send({
      method: "POST",
      path: `/photos/api/comments/${String(made.body["id"])}`,
      body: { text },
      key: `${key}-comment-${index + 1}`,
      token: tokens[by],
    });
    if (sent.status !== 201) throw notTaken(`${key}, comment ${index + 1}`, sent);
  }
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

async function drawnPictures(): Promise<readonly SamplePicture[]> {
  try {
    const drawn = (await import(MODULE)) as { readonly default: readonly SamplePicture[] };
    return drawn.default;
  } catch {
    return [];
  }
}

/** The comments that were left to be sent, wherever in Photos somebody is. */
import { OutboxPanel } from "../../../layers/presentation/components/outbox-panel.tsx";
import { commentsPath } from "./photo.ts";

const COMMENTS_PATH = commentsPath("");

export const PhotosOutbox = () => (
  <OutboxPanel hrefOf={({ path }) => `/photos/p/${path.slice(COMMENTS_PATH.length)}`} />
);

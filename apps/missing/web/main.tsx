/** For an address that leads nowhere. Its words are the kit's: the apps show the same. */
import { NotFound } from "../../../layers/presentation/components/not-found.tsx";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { mountPage } from "../../../layers/presentation/mount.tsx";

mountPage({
  catalogue: { name: "missing", en: {}, de: {} },
  children: (
    <PageFrame page="home">
      <NotFound />
    </PageFrame>
  ),
});

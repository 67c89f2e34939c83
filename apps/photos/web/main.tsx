/** The photos pages: composition. */
import { useRef, useState } from "react";
import { BrowserRouter, Route, Routes, useLocation } from "react-router";
import { NotFound } from "../../../layers/presentation/components/not-found.tsx";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { mountPage } from "../../../layers/presentation/mount.tsx";
import { useRouteFocus } from "../../../layers/presentation/use-route-focus.ts";
import { catalogue } from "./catalogue.ts";
import { DetailPage } from "./detail-page.tsx";
import { GalleryPage } from "./gallery-page.tsx";
import { useChangeEvents } from "./photos-data.ts";
import { PhotosShortcuts } from "./shortcuts-help.tsx";
import { DropArea } from "./uploads/drop-area.tsx";
import { UploadsProvider } from "./uploads/use-uploads.tsx";

function Photos() {
  const [help, setHelp] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const openHelp = (): void => setHelp(true);
  useChangeEvents();
  useRouteFocus(useLocation().pathname);
  return (
    <PageFrame page="photos">
      <DropArea picker={picker}>
        <Routes>
          <Route
            path="/"
            element={<GalleryPage onHelp={openHelp} onUpload={() => picker.current?.click()} />}
          />
          <Route path="/p/:id" element={<DetailPage onHelp={openHelp} />} />
          <Route path="*" element={<NotFound />} />
        </Routes>
      </DropArea>
      <PhotosShortcuts opened={help} onClose={() => setHelp(false)} />
    </PageFrame>
  );
}

mountPage({
  app: "photos",
  catalogue,
  children: (
    <BrowserRouter basename="/photos/">
      <UploadsProvider>
        <Photos />
      </UploadsProvider>
    </BrowserRouter>
  ),
});

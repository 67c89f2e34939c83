/** The photos pages: composition. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { mountPage } from "../../../layers/presentation/mount.tsx";
import { catalogue } from "./catalogue.ts";
import { DetailPage } from "./detail-page.tsx";
import { GalleryPage } from "./gallery-page.tsx";
import { useChangeEvents } from "./photos-data.ts";
import { PhotosShortcuts } from "./shortcuts-help.tsx";
import { DropArea } from "./uploads/drop-area.tsx";
import { UploadsProvider } from "./uploads/use-uploads.tsx";

function Photos() {
  const { t } = useTranslation("photos");
  const [help, setHelp] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const openHelp = (): void => setHelp(true);
  useChangeEvents();
  useEffect(() => {
    document.title = `${t("title")} – Understudy`;
  }, [t]);
  return (
    <PageFrame page="photos">
      <DropArea picker={picker}>
        <Routes>
          <Route
            path="/"
            element={<GalleryPage onHelp={openHelp} onUpload={() => picker.current?.click()} />}
          />
          <Route path="/p/:id" element={<DetailPage onHelp={openHelp} />} />
          <Route path="*" element={<Navigate to="/" replace />} />
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

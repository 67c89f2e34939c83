/** The tickets pages: composition. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { mountPage } from "../../../layers/presentation/mount.tsx";
import { catalogue } from "./catalogue.ts";
import { DetailPage } from "./detail-page.tsx";
import { ListPage } from "./list-page.tsx";
import { NewPage } from "./new-page.tsx";
import { TicketsShortcuts } from "./shortcuts-help.tsx";
import { TroubleshootingPage } from "./troubleshooting-page.tsx";

function Tickets() {
  const { t } = useTranslation("tickets");
  const [help, setHelp] = useState(false);
  const openHelp = (): void => setHelp(true);
  useEffect(() => {
    document.title = `${t("title")} – Understudy`;
  }, [t]);
  return (
    <PageFrame page="tickets">
      <Routes>
        <Route path="/" element={<ListPage onHelp={openHelp} />} />
        <Route path="/new" element={<NewPage onHelp={openHelp} />} />
        <Route path="/t/:id" element={<DetailPage onHelp={openHelp} />} />
        <Route path="/troubleshooting" element={<TroubleshootingPage />} />
        <Route path="*" element={<Navigate to="/" replace />} />
      </Routes>
      <TicketsShortcuts opened={help} onClose={() => setHelp(false)} />
    </PageFrame>
  );
}

mountPage({
  app: "tickets",
  catalogue,
  children: (
    <BrowserRouter basename="/tickets/">
      <Tickets />
    </BrowserRouter>
  ),
});

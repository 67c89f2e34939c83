/** The tickets pages: composition. */
import { useState } from "react";
import { BrowserRouter, Route, Routes, useLocation } from "react-router";
import { NotFound } from "../../../layers/presentation/components/not-found.tsx";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { mountPage } from "../../../layers/presentation/mount.tsx";
import { useRouteFocus } from "../../../layers/presentation/use-route-focus.ts";
import { catalogue } from "./catalogue.ts";
import { DetailPage } from "./detail-page.tsx";
import { ListPage } from "./list-page.tsx";
import { NewPage } from "./new-page.tsx";
import { TicketsShortcuts } from "./shortcuts-help.tsx";
import { TroubleshootingPage } from "./troubleshooting-page.tsx";

function Tickets() {
  const [help, setHelp] = useState(false);
  const openHelp = (): void => setHelp(true);
  useRouteFocus(useLocation().pathname);
  return (
    <PageFrame page="tickets">
      <Routes>
        <Route path="/" element={<ListPage onHelp={openHelp} />} />
        <Route path="/new" element={<NewPage onHelp={openHelp} />} />
        <Route path="/t/:id" element={<DetailPage onHelp={openHelp} />} />
        <Route path="/troubleshooting" element={<TroubleshootingPage />} />
        <Route path="*" element={<NotFound />} />
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

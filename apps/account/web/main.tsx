/** The account pages: composition. */
import { BrowserRouter, Route, Routes, useLocation } from "react-router";
import { NotFound } from "../../../layers/presentation/components/not-found.tsx";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { mountPage } from "../../../layers/presentation/mount.tsx";
import { useRouteFocus } from "../../../layers/presentation/use-route-focus.ts";
import { AccountPage } from "./account-page.tsx";
import { catalogue } from "./catalogue.ts";
import { FinishPage } from "./finish-page.tsx";
import { ResetPage } from "./reset-page.tsx";
import { SignInPage } from "./sign-in-page.tsx";

function Account() {
  useRouteFocus(useLocation().pathname);
  return (
    <PageFrame page="account">
      <Routes>
        <Route path="/" element={<AccountPage />} />
        <Route path="/sign-in" element={<SignInPage startsNew={false} />} />
        <Route path="/sign-up" element={<SignInPage startsNew={true} />} />
        <Route path="/reset" element={<ResetPage />} />
        <Route path="/link" element={<FinishPage what="link" />} />
        <Route path="/callback" element={<FinishPage what="callback" />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </PageFrame>
  );
}

mountPage({
  app: "identity",
  catalogue,
  children: (
    <BrowserRouter basename="/account/">
      <Account />
    </BrowserRouter>
  ),
});

/** The account pages: composition. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { mountPage } from "../../../layers/presentation/mount.tsx";
import { AccountPage } from "./account-page.tsx";
import { catalogue } from "./catalogue.ts";
import { FinishPage } from "./finish-page.tsx";
import { ResetPage } from "./reset-page.tsx";
import { SignInPage } from "./sign-in-page.tsx";

function Account() {
  const { t } = useTranslation("account");
  useEffect(() => {
    document.title = `${t("title")} – Understudy`;
  }, [t]);
  return (
    <PageFrame page="account">
      <Routes>
        <Route path="/" element={<AccountPage />} />
        <Route path="/sign-in" element={<SignInPage startsNew={false} />} />
        <Route path="/sign-up" element={<SignInPage startsNew={true} />} />
        <Route path="/reset" element={<ResetPage />} />
        <Route path="/link" element={<FinishPage what="link" />} />
        <Route path="/callback" element={<FinishPage what="callback" />} />
        <Route path="*" element={<Navigate to="/" replace />} />
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

/**
 * The frame of every page: skip link, header with the pages of the deployment, the region that
 * answered, preferences and the account; then the app's situation; then the page itself.
 */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useIdentityChanged, useKit, useLive, useMe } from "../context.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { useWrite } from "../use-write.ts";
import { Logo } from "./logo.tsx";
import classes from "./page-frame.module.css";
import { LanguageSwitch, SchemeSwitch } from "./preferences.tsx";
import { RegionBadge } from "./region-badge.tsx";
import { StateBanner } from "./state-banner.tsx";

const PAGES = [
  { id: "tickets", href: "/tickets/" },
  { id: "photos", href: "/photos/" },
  { id: "bookstore", href: "/bookstore/" },
  { id: "console", href: "/console/" },
] as const;

export function Account() {
  const { t } = useTranslation("kit");
  const { api } = useKit();
  const me = useMe();
  const changed = useIdentityChanged();
  const signIn = useSignIn();
  const signOut = useWrite<void, unknown>({
    app: "identity",
    send: (_, key, signal) => api.request("POST", "/identity/sign-out", { body: {}, key, signal }),
    onDone: () => void changed(false),
    onFailed: () => {
      void changed(false);
      return true;
    },
  });
  if (me) {
    return (
      <div className={classes.account}>
        <a
          className={classes.who}
          href="/account/"
          title={t("identity.signedInAs", { name: me.username })}
        >
          {me.username}
        </a>
        <Button
          size="xs"
          h={34}
          variant="default"
          loading={signOut.busy}
          onClick={() => signOut.start()}
        >
          {t("identity.signOut")}
        </Button>
      </div>
    );
  }
  return (
    <Button size="xs" h={34} onClick={signIn}>
      {t("identity.signIn")}
    </Button>
  );
}

export interface PageFrameProps {
  /** Which entry of the navigation this page is. */
  readonly page: "home" | "account" | (typeof PAGES)[number]["id"];
  /** Instead of the account: a page with its own way to sign in. */
  readonly account?: ReactNode;
  readonly children: ReactNode;
}

export function PageFrame({ page, account, children }: PageFrameProps) {
  const { t } = useTranslation("kit");
  const apps = useLive().apps.map((app) => app.app);
  const shown = PAGES.filter(
    ({ id }) => id === "tickets" || id === "console" || id === page || apps.includes(id),
  );
  return (
    <>
      <a className={classes.skip} href="#main">
        {t("header.skip")}
      </a>
      <header className={classes.header}>
        <div className={classes.bar}>
          <a className={classes.brand} href="/" aria-current={page === "home" ? "page" : undefined}>
            <Logo />
            <span className={classes.word}>Understudy</span>
          </a>
          <nav className={classes.pages} aria-label={t("header.pages")}>
            {shown.map(({ id, href }) => (
              <a key={id} href={href} aria-current={page === id ? "page" : undefined}>
                {t(`app.${id}`)}
              </a>
            ))}
          </nav>
          <div className={classes.tools}>
            <LanguageSwitch />
            <SchemeSwitch />
            {account ?? <Account />}
          </div>
        </div>
      </header>
      <main id="main" className={classes.main} tabIndex={-1}>
        <div className={classes.situation}>
          <RegionBadge />
          <StateBanner />
        </div>
        {children}
      </main>
    </>
  );
}

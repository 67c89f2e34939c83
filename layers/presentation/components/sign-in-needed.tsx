/** In place of what needs an account: says so, and offers to sign in right there. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSignIn } from "../use-sign-in.ts";
import { Notice } from "./notice.tsx";

export function SignInNeeded({ children }: { readonly children?: ReactNode }) {
  const { t } = useTranslation("kit");
  const signIn = useSignIn();
  return (
    <Notice
      tone="info"
      actions={
        <Button size="compact-sm" onClick={signIn}>
          {t("identity.signIn")}
        </Button>
      }
    >
      {children ?? t("identity.needed")}
    </Notice>
  );
}

/** In place of what needs an account: says so, and offers to sign in right there. */
import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { IdentityDialog } from "./identity-form.tsx";
import { Notice } from "./notice.tsx";

export function SignInNeeded({ children }: { readonly children?: ReactNode }) {
  const { t } = useTranslation("kit");
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Notice
        tone="info"
        actions={
          <Button size="compact-sm" onClick={() => setAsking(true)}>
            {t("identity.signIn")}
          </Button>
        }
      >
        {children ?? t("identity.needed")}
      </Notice>
      <IdentityDialog opened={asking} onClose={() => setAsking(false)} />
    </>
  );
}

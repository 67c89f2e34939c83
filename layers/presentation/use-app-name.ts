import { useTranslation } from "react-i18next";
import { useLive } from "./context.tsx";

/** What people call an app: in their language where we have words for it, else by its title. */
export function useAppName(): (app: string) => string {
  const { t } = useTranslation("kit");
  const { apps } = useLive();
  return (app) => {
    const title = apps.find((one) => one.app === app)?.title ?? app;
    return t(`app.${app as "tickets"}`, { defaultValue: title });
  };
}

/** Which keys the pages of photos know. */
import { useTranslation } from "react-i18next";
import { ShortcutsHelp } from "../../../layers/presentation/components/shortcuts-help.tsx";

const KEYS = [
  ["?", "help"],
  ["n", "upload"],
  ["→ j", "next"],
  ["← k", "previous"],
  ["z", "zoom"],
  ["c", "comment"],
  ["u", "back"],
] as const;

export function PhotosShortcuts(props: { readonly opened: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation("photos");
  return (
    <ShortcutsHelp
      {...props}
      title={t("shortcuts.title")}
      enabledLabel={t("shortcuts.enabled")}
      keys={KEYS.map(([key, name]) => [key, t(`shortcuts.${name}`)] as const)}
    />
  );
}

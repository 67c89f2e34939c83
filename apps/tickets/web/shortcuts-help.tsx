/** Which keys the pages of tickets know. */
import { useTranslation } from "react-i18next";
import { ShortcutsHelp } from "../../../layers/presentation/components/shortcuts-help.tsx";

const KEYS = [
  ["?", "help"],
  ["n", "new"],
  ["/", "filter"],
  ["j", "next"],
  ["k", "previous"],
  ["u", "back"],
  ["a", "assign"],
  ["e", "edit"],
  ["c", "comment"],
  ["x", "close"],
] as const;

export function TicketsShortcuts(props: {
  readonly opened: boolean;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("tickets");
  return (
    <ShortcutsHelp
      {...props}
      title={t("shortcuts.title")}
      enabledLabel={t("shortcuts.enabled")}
      keys={KEYS.map(([key, name]) => [key, t(`shortcuts.${name}`)] as const)}
    />
  );
}

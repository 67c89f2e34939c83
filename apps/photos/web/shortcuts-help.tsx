/** Which keys do what, and the switch that turns them off. */
import { Kbd, Modal, Stack, Switch, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useShortcutsEnabled } from "../../../layers/presentation/use-shortcuts.ts";

const KEYS = [
  ["?", "help"],
  ["n", "upload"],
  ["→ j", "next"],
  ["← k", "previous"],
  ["z", "zoom"],
  ["c", "comment"],
  ["u", "back"],
] as const;

export interface ShortcutsHelpProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function ShortcutsHelp({ opened, onClose }: ShortcutsHelpProps) {
  const { t } = useTranslation(["photos", "kit"]);
  const [enabled, setEnabled] = useShortcutsEnabled();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("shortcuts.title")}
      centered
      closeButtonProps={{ "aria-label": t("kit:identity.close") }}
    >
      <Stack>
        <Switch
          label={t("shortcuts.enabled")}
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        <Table>
          <Table.Tbody>
            {KEYS.map(([key, name]) => (
              <Table.Tr key={key}>
                <Table.Td w={64}>
                  <Kbd>{key}</Kbd>
                </Table.Td>
                <Table.Td>{t(`shortcuts.${name}`)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Modal>
  );
}

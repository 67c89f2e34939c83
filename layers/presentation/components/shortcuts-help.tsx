/** Which keys do what, and the switch that turns them off. */
import { Kbd, Modal, Stack, Switch, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useShortcutsEnabled } from "../use-shortcuts.ts";

export interface ShortcutsHelpProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What the switch says. */
  readonly enabledLabel: string;
  /** Keys, as they are shown, and what they do. */
  readonly keys: readonly (readonly [key: string, what: string])[];
}

export function ShortcutsHelp(props: ShortcutsHelpProps) {
  const { t } = useTranslation("kit");
  const [enabled, setEnabled] = useShortcutsEnabled();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={props.title}
      centered
      closeButtonProps={{ "aria-label": t("identity.close") }}
    >
      <Stack>
        <Switch
          label={props.enabledLabel}
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        <Table>
          <Table.Tbody>
            {props.keys.map(([key, what]) => (
              <Table.Tr key={key}>
                <Table.Td w={64}>
                  <Kbd>{key}</Kbd>
                </Table.Td>
                <Table.Td>{what}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Modal>
  );
}

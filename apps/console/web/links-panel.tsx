/** How far each region is behind the one that feeds it. */
import { Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { RegionName } from "../../../layers/presentation/components/region-badge.tsx";
import { useFormat, useLive } from "../../../layers/presentation/context.tsx";
import { useAppName } from "../../../layers/presentation/use-app-name.ts";
import classes from "./console.module.css";
import { linksOf } from "./decision.ts";

export function LinksPanel() {
  const { t } = useTranslation(["console", "kit"]);
  const appName = useAppName();
  const format = useFormat();
  const { apps, regions } = useLive();
  const links = linksOf(apps);
  const isAlone = regions.length === 1;
  return (
    <section aria-labelledby="links-title" className={classes.section}>
      <Title order={2} size="h4" id="links-title">
        {t("link.title")}
      </Title>
      <Text size="sm" c="dimmed">
        {t(links.length > 0 ? "link.lead" : isAlone ? "link.none" : "link.untold")}
      </Text>
      {links.length === 0 ? null : (
        <Table.ScrollContainer minWidth={520} className={classes.table}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("link.from")}</Table.Th>
                <Table.Th scope="col">{t("link.to")}</Table.Th>
                <Table.Th scope="col">{t("link.writes")}</Table.Th>
                <Table.Th scope="col">{t("link.time")}</Table.Th>
                <Table.Th scope="col">{t("link.worst")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {links.map((link) => (
                <Table.Tr key={`${link.from} ${link.to}`}>
                  <Table.Td>
                    <RegionName id={link.from} />
                  </Table.Td>
                  <Table.Td>
                    <RegionName id={link.to} />
                  </Table.Td>
                  <Table.Td>
                    {link.writes === 0 ? (
                      <Chip tone="ok">{t("link.sync")}</Chip>
                    ) : (
                      <Chip tone="warning">
                        {link.writes === null ? t("unknown.number") : format.number(link.writes)}
                      </Chip>
                    )}
                  </Table.Td>
                  <Table.Td>
                    {link.ms === null ? t("unknown.number") : format.span(link.ms)}
                  </Table.Td>
                  <Table.Td>{link.writes === 0 ? "–" : appName(link.app)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </section>
  );
}

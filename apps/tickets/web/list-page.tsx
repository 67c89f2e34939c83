/** The list of tickets with its filters; the filter is in the address, so that it can be shared. */
import { Button, Group, NativeSelect, Switch, Title } from "@mantine/core";
import { IconKeyboard, IconPlus } from "@tabler/icons-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { problemOf } from "../../../layers/presentation/api/problem.ts";
import { Empty, LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { SignInNeeded } from "../../../layers/presentation/components/sign-in-needed.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { useMe } from "../../../layers/presentation/context.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { useShortcuts } from "../../../layers/presentation/use-shortcuts.ts";
import { PriorityLabel, StatusLabel } from "./labels.tsx";
import classes from "./list-page.module.css";
import { STATUSES, type Ticket } from "./ticket.ts";
import { useTickets } from "./tickets-data.ts";
import { TicketsOutbox } from "./tickets-outbox.tsx";

function Row({ ticket }: { readonly ticket: Ticket }) {
  const { t } = useTranslation("tickets");
  return (
    <li className={classes.row}>
      <Link className={classes.link} to={`/t/${encodeURIComponent(ticket.id)}`} data-ticket-link>
        {ticket.description}
      </Link>
      <div className={classes.facts}>
        <StatusLabel status={ticket.status} />
        <PriorityLabel priority={ticket.priority} />
        <span>
          <span className={classes.term}>{t("ticket.assigned")}: </span>
          {ticket.assigned || t("list.unassigned")}
        </span>
        <span className={classes.quiet}>
          <TimeAgo at={ticket.createdOn} /> {t("list.by", { name: ticket.createdBy })}
        </span>
      </div>
    </li>
  );
}

/** Moves the focus to the next or previous ticket of the list. */
function moveFocus(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>("[data-ticket-link]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (step === 1 ? 0 : links.length - 1) : at + step;
  links[Math.max(0, Math.min(links.length - 1, next))]?.focus();
}

function Tickets({
  query,
  filtered,
}: {
  readonly query: ReturnType<typeof useTickets>;
  readonly filtered: boolean;
}) {
  const { t } = useTranslation("tickets");
  const me = useMe();
  if (me === null) return <SignInNeeded />;
  if (query.data === undefined) {
    if (!query.isError) return <Loading rows={5} />;
    if (problemOf(query.error).code === "unauthenticated") return <SignInNeeded />;
    return <LoadFailed error={query.error} onRetry={() => void query.refetch()} />;
  }
  const tickets = query.data.pages.flatMap((page) => page.items);
  if (tickets.length === 0) {
    return (
      <Empty title={t("list.emptyTitle")}>
        <span>{t(filtered ? "list.emptyBody" : "list.emptyFirst")}</span>
        <Button component={Link} to="/new" variant="light">
          {t("list.new")}
        </Button>
      </Empty>
    );
  }
  return (
    <>
      <ul className={classes.list} aria-label={t("list.label")}>
        {tickets.map((ticket) => (
          <Row key={ticket.id} ticket={ticket} />
        ))}
      </ul>
      <Group justify="center" mt="md">
        {query.hasNextPage ? (
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t("list.more")}
          </Button>
        ) : (
          <span className={classes.quiet}>{t("list.end")}</span>
        )}
      </Group>
    </>
  );
}

export function ListPage({ onHelp }: { readonly onHelp: () => void }) {
  const { t } = useTranslation("tickets");
  usePageTitle(t("title"));
  const navigate = useNavigate();
  const me = useMe();
  const [search, setSearch] = useSearchParams();
  const filterField = useRef<HTMLSelectElement>(null);
  const status = STATUSES.find((one) => one === search.get("status"));
  const mine = search.has("mine") && me !== null && me !== undefined;
  const query = useTickets({ status, assigned: mine ? me.username : undefined });
  const choose = (name: string, value: string): void => {
    const next = new URLSearchParams(search);
    if (value === "") next.delete(name);
    else next.set(name, value);
    setSearch(next, { replace: true });
  };
  useShortcuts({
    n: () => void navigate("/new"),
    "/": () => filterField.current?.focus(),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    "?": onHelp,
  });
  return (
    <>
      <div className={classes.head}>
        <Title order={1} size="h2">
          {t("title")}
        </Title>
        <Group gap="xs">
          <Button
            variant="subtle"
            leftSection={<IconKeyboard size={18} aria-hidden="true" />}
            onClick={onHelp}
            visibleFrom="sm"
          >
            {t("shortcuts.open")}
          </Button>
          <Button
            component={Link}
            to="/new"
            leftSection={<IconPlus size={18} aria-hidden="true" />}
          >
            {t("list.new")}
          </Button>
        </Group>
      </div>
      <Group className={classes.filters} align="end">
        <NativeSelect
          ref={filterField}
          label={t("list.status")}
          value={status ?? ""}
          onChange={(event) => choose("status", event.currentTarget.value)}
          data={[
            { value: "", label: t("list.all") },
            ...STATUSES.map((value) => ({ value, label: t(`status.${value}`) })),
          ]}
        />
        {me ? (
          <Switch
            label={t("list.mine")}
            checked={mine}
            onChange={(event) => choose("mine", event.currentTarget.checked ? "1" : "")}
            pb={8}
          />
        ) : null}
      </Group>
      <TicketsOutbox />
      <Tickets query={query} filtered={status !== undefined || mine} />
    </>
  );
}

/** Loads the sample tickets, and the accounts they are of, into a new deployment. *public* */
import {
  createSampleLoader,
  type LoadSampleContent,
  notTaken,
  type SampleLoader,
} from "../../layers/api/index.ts";
import { type SampleTicket, sampleAccounts, sampleTickets } from "./sample.ts";

type Name = keyof typeof sampleAccounts;

const ROLE_NAMES: Readonly<Record<Name, string>> = {
  rider: "customer",
  agent: "support agent",
};

export const loadSampleTickets: LoadSampleContent = async (options) => {
  const { send, openAccount } = createSampleLoader(options);
  const names = Object.keys(sampleAccounts) as Name[];
  const tokens: Record<string, string> = {};
  for (const name of names) tokens[name] = await openAccount(sampleAccounts[name]);
  for (const [index, ticket] of sampleTickets.entries()) {
    await loadTicket(ticket, `sample-ticket-${index + 1}`, tokens, send);
  }
  options.log(`Loaded ${sampleTickets.length} sample tickets and ${names.length} accounts.`);
  return names.map((name) => {
    const { username, password } = sampleAccounts[name];
    return { role: ROLE_NAMES[name], username, password };
  });
};

async function loadTicket(
  { description, priority, comments = [], ...change }: SampleTicket,
  key: string,
  tokens: Readonly<Record<string, string>>,
  send: SampleLoader["send"],
): Promise<void> {
  const as = (name: Name): { token: string } => ({ token: tokens[name] ?? "" });
  const path = "/tickets/api/tickets";
  const body = { description, priority };
  const made = await send({ method: "POST", path, body, key, ...as("rider") });
  if (made.status !== 201) throw notTaken(key, made);
  for (const [index, { by, text }] of comments.entries()) {
    const sent = await send({
      method: "POST",
      path: `${made.location}/comments`,
      body: { text },
      key: `${key}-comment-${index + 1}`,
      ...as(by),
    });
    if (sent.status !== 201) throw notTaken(`${key}, comment ${index + 1}`, sent);
  }
  if (Object.keys(change).length === 0) return;
  const changed = await send({
    method: "PATCH",
    path: made.location,
    body: change,
    key: `${key}-change`,
    ...as("agent"),
  });
  if (changed.status >= 300) throw notTaken(`${key}, change`, changed);
}

/**
 * What somebody may do beside what everybody may. *pure*
 *
 * agent: tickets; editor: the blog; operator: the console and the routing commands.
 */
export const ROLES = ["user", "agent", "editor", "operator"] as const;
export type Role = (typeof ROLES)[number];

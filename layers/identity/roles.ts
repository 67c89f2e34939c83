/** What somebody may do beside what everybody may. *pure* */
export type Role = "user" | "agent" | "operator";
export const ROLES: readonly Role[] = ["user", "agent", "operator"];

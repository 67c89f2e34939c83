/** The names of tables that the platform keeps beside an app's own. *public* */

const PREFIX = "platform-";

/** Such a table is never an app's to define, and its changes are never reported to an app. */
export const isPlatformName = (table: string): boolean => table.startsWith(PREFIX);

/**
 * Identity is an app like any other: it replicates, is fenced, fails over. *composition*
 *
 * Active-passive, because user names are unique only with one writer; replicated, because a user
 * who signed up and lost the region must not have to do it again.
 */
import { AssertionError } from "../../../base/assert.ts";
import { defineApp } from "../define-app.ts";
import { identityTables } from "./tables.ts";

export const identityApp = defineApp({
  id: "identity",
  mode: "active-passive",
  durability: "replicated",
  objectives: { rtoMs: 900_000, rpoMs: 0 },
  tables: identityTables,
  // Its routes need a password hasher and the deployment's secret: see createIdentity.
  api: () => {
    throw new AssertionError("createRegionApi mounts the routes of createIdentity instead");
  },
});

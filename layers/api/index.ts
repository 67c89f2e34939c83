/** What an application is made of: the door `understudy`. */

export type { Role } from "../identity/roles.ts";
export type { KeyValueStore, ReadInfo, Receipt, Version, Write } from "../key-value/port.ts";
export { defineTable, type ItemOf, type TableDefinition } from "../key-value/table.ts";
export { type AppApi, type AppApiOptions, createAppApi } from "./app-api.ts";
export type { AppGuard } from "./app-guard.ts";
export { authenticate } from "./authenticate.ts";
export { encodingProblem } from "./body.ts";
export type { Call } from "./call.ts";
export {
  type AppContext,
  type AppDefinition,
  defineApp,
  type FailoverPolicy,
  type Objectives,
  type TakeoverRun,
  type TakeoverStep,
} from "./define-app.ts";
export {
  type DeployedApp,
  type Deployment,
  type DeploymentOptions,
  defineDeployment,
  type RegionDefinition,
} from "./define-deployment.ts";
export type { DocsFile } from "./docs-page.ts";
export { checkFields, type EndpointOptions, namedOnce, readJson } from "./endpoint.ts";
export { parseForm } from "./form.ts";
export { type HealthOf, type HealthReport, reportOf } from "./health-routes.ts";
export type { Provider } from "./identity/federation/provider.ts";
export { type LocalProvider, providersOf } from "./identity/federation/settings.ts";
export { createIdentity, type Identity, type IdentityOptions } from "./identity/identity.ts";
export type { Message, MessageSender } from "./identity/outbox.ts";
export type { PasswordHasher } from "./identity/password-hasher.ts";
export { type Job, type JobRun, startJobs } from "./jobs.ts";
export type { Log } from "./log.ts";
export type { MessageSettings, SendMessage, SmtpSettings } from "./messages.ts";
export { type NamedRange, type Paging, queryNamed } from "./named-rows.ts";
export {
  type AppObjects,
  createAppObjects,
  type SignedUpload,
  type UploadPermit,
} from "./objects/app-objects.ts";
export {
  bodyOf,
  type ObjectResponseOptions,
  problemOfObject,
  readBytes,
  respondObject,
} from "./objects/object-response.ts";
export { objectTable } from "./objects/object-table.ts";
export { PROBLEMS, type Problem, problem, problemOfRead, problemOfWrite } from "./problem.ts";
export {
  createRegionApi,
  type RegionApi,
  type RegionApiOptions,
  type RequestSample,
} from "./region-api.ts";
export type { Answer, Reply } from "./reply.ts";
export type { Identify } from "./requester.ts";
export type {
  LoadSampleContent,
  SampleContentOptions,
  SampleCredentials,
} from "./sample-content.ts";
export {
  createSampleLoader,
  notTaken,
  type SampleAccount,
  type SampleAnswer,
  type SampleLoader,
  type SampleRequest,
} from "./sample-loader.ts";
export type { Session } from "./session.ts";
export { createTakeoverSteps } from "./takeover-steps.ts";
export { lineOf, type TextLimits, textOf, usernameOf } from "./text.ts";

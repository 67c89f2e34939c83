/**
 * Port: somebody else who says who a person is. *port*
 *
 *   authorize --> address to send the browser to
 *   finish <---- what the browser brought back: code or refusal --> subject, or why not
 *
 * A provider keeps nothing between the two: all it needs is in the request's secrets, which any
 * region derives anew.
 */
import type { ProviderProfile } from "../../../identity/federated-name.ts";

/** What binds an answer to its request. Derived from the deployment's secret and the state's id. */
export interface RequestSecrets {
  /** Sealed; comes back with the answer. */
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

export interface Identified {
  readonly kind: "identified";
  /** The provider's own name of the person, which never changes hands. */
  readonly subject: string;
  readonly profile: ProviderProfile;
}

/** `not-ready`: the provider or a setting is at fault; `refused`: this answer is not accepted. */
export interface NotIdentified {
  readonly kind: "refused" | "not-ready";
  readonly reason: string;
}

export interface SettingProblem {
  readonly setting: string;
  readonly problem: string;
  readonly fix: string;
}

export interface Provider {
  readonly id: string;
  readonly title: string;
  /** `facebook`: its own dialect of OAuth 2. */
  readonly protocol: "openid-connect" | "facebook";
  /** What is missing or wrong; without it the provider can be used. Looks at the network. */
  check(): Promise<readonly SettingProblem[]>;
  authorize(
    secrets: RequestSecrets,
  ): Promise<{ readonly kind: "ok"; readonly url: URL } | NotIdentified>;
  /** `parameters`: those of the address that the browser came back to. */
  finish(
    secrets: RequestSecrets,
    parameters: Readonly<Record<string, string>>,
  ): Promise<Identified | NotIdentified>;
}

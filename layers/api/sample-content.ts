/** What an app may show in a new deployment, and how it gets there. *public* */

export interface SampleContentOptions {
  /** The front door, or any region. */
  readonly url: string;
  readonly operatorToken: string;
  readonly log: (line: string) => void;
}

/** An account that came with it, for a person to sign in with. */
export interface SampleCredentials {
  /** What the account is for. */
  readonly role: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Writes it through the app's own HTTP interface. It may be repeated: a load that was cut off goes
 * on where it ended, and a second load writes nothing twice.
 */
export type LoadSampleContent = (
  options: SampleContentOptions,
) => Promise<readonly SampleCredentials[]>;

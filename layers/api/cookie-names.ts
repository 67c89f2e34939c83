/**
 * What the cookies of one deployment are called. *pure*
 *
 * Browsers keep cookies by host and not by port, so two deployments on one host would overwrite
 * each other's: the deployment's id is in each name.
 */
export interface CookieNames {
  readonly access: string;
  readonly refresh: string;
  readonly device: string;
  readonly guest: string;
  /** Holds nothing: pages may read it, and know that it is worth asking who is signed in. */
  readonly present: string;
}

/** Without an id where only one deployment can be, as in a simulated world. */
export function cookieNamesOf(deploymentId?: string): CookieNames {
  const nameOf = (what: string): string =>
    deploymentId === undefined ? `understudy_${what}` : `understudy_${what}_${deploymentId}`;
  return {
    access: nameOf("access"),
    refresh: nameOf("refresh"),
    device: nameOf("device"),
    guest: nameOf("guest"),
    present: nameOf("present"),
  };
}

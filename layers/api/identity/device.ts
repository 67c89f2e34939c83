/**
 * A mark that a browser has been signed in to an account before. *shell*
 *
 * It opens nothing. Wrong passwords from a browser that carries it are counted for that browser and
 * not for the account, so that a flood of guesses from elsewhere does not keep its owner out.
 */
import type { Call } from "../call.ts";
import { cookieOf } from "../request-headers.ts";
import type { Sealing } from "./sealing.ts";

export const DEVICE_SECONDS = 365 * 86_400;

const MARK = /^([\w-]{1,40})\.([\w-]{43})$/;
const material = (username: string, id: string): string =>
  `understudy device 1\n${username}\n${id}`;

export interface Devices {
  /** The browser's id, if it was signed in to this account before. */
  known(call: Call, username: string): Promise<string | undefined>;
  mark(username: string, id: string): Promise<string>;
}

export const createDevices = (sealing: Sealing): Devices => ({
  known: async (call, username) => {
    const [, id = "", mac = ""] =
      MARK.exec(cookieOf(call.header("cookie"), call.scope.platform.cookies.device) ?? "") ?? [];
    if (id === "") return undefined;
    return (await sealing.mac(material(username, id))) === mac ? id : undefined;
  },
  mark: async (username, id) => `${id}.${await sealing.mac(material(username, id))}`,
});

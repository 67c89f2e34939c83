/**
 * Keeps a region listening where its name leads to. *shell*
 *
 * The address and the port come from the supervisor, once the front door has a port. Where they
 * cannot be had, the region serves on without, says so in its status, and tries again.
 */
import type { ChildStatus, NamedAddresses } from "../supervisor/messages.ts";
import type { HttpServer } from "./http-server.ts";
import type { RegionLog } from "./log.ts";

const AGAIN_MS = 1_000;

export class NamedListener {
  readonly #region: string;
  readonly #log: RegionLog;
  #wanted = "";
  #trouble: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(region: string, log: RegionLog) {
    this.#region = region;
    this.#log = log;
  }

  /** Undefined while it is not asked to. */
  get named(): ChildStatus["named"] {
    if (this.#wanted === "") return undefined;
    return { url: this.#wanted, ...(this.#trouble && { trouble: this.#trouble }) };
  }

  /** A second address adds to the first: what clients still know goes on answering. */
  use(server: HttpServer, names: NamedAddresses | undefined): void {
    const address = names?.addresses[this.#region];
    if (names === undefined || address === undefined) return;
    const url = `http://${address}:${names.port}`;
    if (url === this.#wanted) return;
    this.#wanted = url;
    clearTimeout(this.#timer);
    void this.#listen(server, address, names.port);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #listen(server: HttpServer, address: string, port: number): Promise<void> {
    const url = this.#wanted;
    try {
      await server.listenAlso(address, port);
      this.#trouble = undefined;
      this.#log.info({ event: "named", url }, "it answers where its name leads to");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const trouble = code === "EADDRINUSE" ? "another program has it" : message;
      if (this.#trouble !== trouble) this.#log.error({ event: "named", url, trouble }, "no name");
      this.#trouble = trouble;
      if (this.#isClosed || this.#wanted !== url) return;
      this.#timer = setTimeout(() => void this.#listen(server, address, port), AGAIN_MS);
    }
  }
}

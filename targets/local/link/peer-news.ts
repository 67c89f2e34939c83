/**
 * What is told of peers' states, and when. *shell*
 *
 * A site that is cut off must look cut off: the connection underneath still works and would tell
 * that the process behind it ended or came back, which no partition lets through. So the news
 * waits, and after the cut the present state is told.
 */
import type { Address } from "./address.ts";
import type { PeerState } from "./outbound.ts";

interface Peer {
  state: PeerState;
  told: PeerState | undefined;
  /** It was down while nobody was told. */
  fell: boolean;
}

export class PeerNews {
  readonly #isCutOff: (peer: Address) => boolean;
  readonly #peers = new Map<Address, Peer>();
  readonly #listeners: ((peer: Address, state: PeerState) => void)[] = [];

  constructor(isCutOff: (peer: Address) => boolean) {
    this.#isCutOff = isCutOff;
  }

  listen(listener: (peer: Address, state: PeerState) => void): void {
    setImmediate(() => {
      for (const [address, peer] of this.#peers) {
        if (peer.told !== undefined) listener(address, peer.told);
      }
      this.#listeners.push(listener);
    });
  }

  /** The state as it was last told. */
  stateOf(peer: Address): PeerState | undefined {
    return this.#peers.get(peer)?.told;
  }

  happened(address: Address, state: PeerState): void {
    const peer = this.#peers.get(address) ?? { state, told: undefined, fell: false };
    this.#peers.set(address, peer);
    peer.state = state;
    if (state !== "up") peer.fell = true;
    this.#tell(address, peer);
  }

  forget(address: Address): void {
    this.#peers.delete(address);
  }

  cutsChanged(): void {
    for (const [address, peer] of this.#peers) this.#tell(address, peer);
  }

  #tell(address: Address, peer: Peer): void {
    if (this.#isCutOff(address)) return;
    const missed: PeerState[] = [];
    if (peer.fell && peer.told === "up" && peer.state !== "down") missed.push("down");
    peer.fell = false;
    if (peer.state !== peer.told || missed.length > 0) missed.push(peer.state);
    peer.told = peer.state;
    for (const state of missed) for (const listener of this.#listeners) listener(address, state);
  }
}

/**
 * What one virtual user of tickets does next, and what they remember. *pure* but for its memory
 *
 * Of ten writes six submit a ticket, two change the user's register, two comment on it; one in
 * fifty submits is sent a second time under its key. Of ten reads four look at a ticket the user
 * made just now, two at somebody's register, one at one insisting on `current`, two list, one reads
 * comments. A register has one change under way at a time; after one of unknown outcome, which may
 * still take effect, it is given up and another one is made.
 */
import type { Rng } from "../../base/rng.ts";
import type { Operation, OperationKind } from "../history.ts";
import { readRegister, registerText } from "../register.ts";
import type { Answer } from "./answers.ts";
import type { Request } from "./doors.ts";

const TICKETS = "/tickets/api/tickets";
const REMEMBERED = 8;
const AGAIN_ONE_IN = 50;

export interface Intent {
  readonly kind: OperationKind;
  readonly request: Omit<Request, "token">;
  readonly marker?: string;
  readonly ticketId?: string;
  readonly value?: number;
}

type Register = { ticketId: string; name: string; value: number; isBusy: boolean };

/** What the users of one drill share: whose registers there are to look at. */
export interface Neighbours {
  readonly registers: Map<string, string>;
}

export class Person {
  readonly name: string;
  readonly #drill: string;
  readonly #rng: Rng;
  readonly #neighbours: Neighbours;
  readonly #recent: string[] = [];
  #again: Intent | undefined;
  #register: Register | undefined;
  #made = 0;

  constructor(name: string, drill: string, rng: Rng, neighbours: Neighbours) {
    this.name = name;
    this.#drill = drill;
    this.#rng = rng;
    this.#neighbours = neighbours;
  }

  nextWrite(): Intent {
    const again = this.#again;
    this.#again = undefined;
    if (again !== undefined) return again;
    const register = this.#register;
    if (register === undefined) return this.#submitRegister();
    const choice = this.#rng.below(10);
    if (choice < 2 && !register.isBusy) return this.#change(register);
    if (choice < 4 && register.ticketId !== "") return this.#comment(register);
    return this.#submit();
  }

  nextRead(): Intent {
    const choice = this.#rng.below(10);
    const recent = this.#recent.length > 0 ? this.#rng.pick(this.#recent) : undefined;
    const registers = [...this.#neighbours.registers.values()];
    const seen = registers.length > 0 ? this.#rng.pick(registers) : recent;
    if (choice < 4 && recent !== undefined) return view(recent);
    if (choice < 6 && seen !== undefined) return view(seen);
    if (choice < 7 && seen !== undefined) return view(seen, "current");
    const mine = this.#register?.ticketId || seen;
    if (choice < 8 && mine !== undefined) {
      const request = { method: "GET", path: `${TICKETS}/${mine}/comments?limit=20` } as const;
      return { kind: "comments", request };
    }
    return { kind: "list", request: { method: "GET", path: `${TICKETS}?limit=20` } };
  }

  /** Takes note of how an operation went; answers what the record should say beside it. */
  learn(
    intent: Intent,
    outcome: Operation["outcome"],
    answer: Answer | undefined,
  ): Pick<Operation, "ticketId" | "value" | "absent"> {
    const { kind, ticketId } = intent;
    const given = ticketId === undefined ? {} : { ticketId };
    if (kind === "submit" || kind === "again") return this.#submitted(intent, outcome, answer);
    if (kind === "change") {
      this.#changed(intent, outcome);
      return { ...given, ...(intent.value === undefined ? {} : { value: intent.value }) };
    }
    if (kind !== "view" && kind !== "view-current") return given;
    if (answer?.status === 404) return { ...given, absent: true };
    const register = readRegister(String(answer?.body["description"] ?? ""));
    return { ...given, ...(register === undefined ? {} : { value: register.value }) };
  }

  #marker(what: string): string {
    this.#made += 1;
    return `drill ${this.#drill} ${this.name} ${what} ${this.#made}`;
  }

  #key = (marker: string): string => marker.replaceAll(" ", "-");

  #submit(): Intent {
    const marker = this.#marker("ticket");
    const priority = this.#rng.pick(["low", "normal", "high", "urgent"]);
    const body = { description: marker, priority };
    const request = { method: "POST", path: TICKETS, body, key: this.#key(marker) } as const;
    return { kind: "submit", marker, request };
  }

  #submitRegister(): Intent {
    this.#made += 1;
    const name = `${this.#drill}-${this.name}-${this.#made}`;
    this.#register = { ticketId: "", name, value: 1, isBusy: true };
    const marker = registerText(name, 1);
    const key = `register-${name}`;
    const request = { method: "POST", path: TICKETS, body: { description: marker }, key } as const;
    return { kind: "submit", marker, value: 1, request };
  }

  #change(register: Register): Intent {
    register.isBusy = true;
    register.value += 1;
    const { ticketId, name, value } = register;
    const marker = registerText(name, value);
    const path = `${TICKETS}/${ticketId}`;
    const key = `change-${name}-${value}`;
    const request = { method: "PATCH", path, body: { description: marker }, key } as const;
    return { kind: "change", marker, ticketId, value, request };
  }

  #comment({ ticketId }: Register): Intent {
    const marker = this.#marker("comment");
    const path = `${TICKETS}/${ticketId}/comments`;
    const request = {
      method: "POST",
      path,
      body: { text: marker },
      key: this.#key(marker),
    } as const;
    return { kind: "comment", marker, ticketId, request };
  }

  #submitted(
    intent: Intent,
    outcome: Operation["outcome"],
    answer: Answer | undefined,
  ): Pick<Operation, "ticketId" | "value"> {
    const id = answer?.body["id"];
    const made = outcome === "ok" && typeof id === "string" ? id : undefined;
    const register = this.#register;
    const written = readRegister(intent.marker ?? "");
    if (written !== undefined && register?.name === written.name) {
      if (made === undefined) this.#register = undefined;
      else {
        this.#register = { ...register, ticketId: made, isBusy: false };
        this.#neighbours.registers.set(this.name, made);
      }
    } else if (made !== undefined) {
      this.#recent.push(made);
      if (this.#recent.length > REMEMBERED) this.#recent.shift();
    }
    if (written === undefined && intent.kind === "submit" && this.#rng.chance(1 / AGAIN_ONE_IN)) {
      this.#again = { ...intent, kind: "again" };
    }
    return {
      ...(made === undefined ? {} : { ticketId: made }),
      ...(intent.value === undefined ? {} : { value: intent.value }),
    };
  }

  #changed(intent: Intent, outcome: Operation["outcome"]): void {
    const register = this.#register;
    if (register?.ticketId !== intent.ticketId) return;
    if (outcome === "ok" && register !== undefined) register.isBusy = false;
    else this.#register = undefined;
  }
}

function view(ticketId: string, consistency?: "current"): Intent {
  const path = `${TICKETS}/${ticketId}`;
  const request = { method: "GET", path, ...(consistency && { consistency }) } as const;
  return { kind: consistency === "current" ? "view-current" : "view", ticketId, request };
}

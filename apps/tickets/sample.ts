/**
 * Tickets to begin with, loaded through the API like anybody's. *public*
 *
 * The two accounts are named by role. Their passwords are known to everyone who reads this, which
 * is why they exist only where sample content was asked for.
 */
import type { Priority, Status } from "./model/ticket.ts";

export interface SampleAccount {
  readonly username: string;
  readonly password: string;
  readonly roles: readonly ("user" | "agent")[];
}

export interface SampleTicket {
  readonly description: string;
  readonly priority: Priority;
  readonly assigned?: string;
  readonly status?: Status;
  readonly comments?: readonly { readonly by: "rider" | "agent"; readonly text: string }[];
}

export const sampleAccounts = {
  rider: { username: "rider", password: "rider-sample-only", roles: ["user"] },
  agent: { username: "agent", password: "agent-sample-only", roles: ["user", "agent"] },
} as const satisfies Record<"rider" | "agent", SampleAccount>;

export const sampleTickets: readonly SampleTicket[] = [
  {
    description: "The app shows my unicorn two streets away, but it has been there for 20 minutes.",
    priority: "high",
    assigned: "agent",
    status: "in-progress",
    comments: [
      { by: "agent", text: "Its tracker stopped reporting. We are sending another one to you." },
      { by: "rider", text: "Thank you. I am waiting by the north entrance." },
    ],
  },
  {
    description: "I was charged twice for the ride on Tuesday evening; the receipts are identical.",
    priority: "urgent",
    assigned: "agent",
    status: "in-progress",
    comments: [{ by: "agent", text: "I see both payments. The second one is being returned." }],
  },
  {
    description: "I left a blue umbrella in the saddlebag this morning. Can I have it back?",
    priority: "normal",
  },
  {
    description: "The map stays grey after I allow location access. Restarting did not help.",
    priority: "normal",
    assigned: "agent",
  },
  {
    description: "Please let me book a ride for two riders with one payment.",
    priority: "low",
  },
  {
    description: "The driver could not find the side entrance of the hospital; the pin is wrong.",
    priority: "high",
  },
  {
    description:
      "My promotional code is refused with the message that it has expired, but it is new.",
    priority: "normal",
    assigned: "agent",
    status: "closed",
    comments: [
      { by: "agent", text: "The code begins to count tomorrow. I have made it valid from now." },
      { by: "rider", text: "It works now." },
    ],
  },
  {
    description: "I cannot change my phone number: the confirmation message never arrives.",
    priority: "high",
  },
  {
    description:
      "A ride booked for 6:30 was cancelled at 6:25 without a reason. I missed my train.",
    priority: "urgent",
  },
  {
    description: "The receipt for my expenses needs the address of the company on it.",
    priority: "low",
    assigned: "agent",
    status: "closed",
    comments: [{ by: "agent", text: "Receipts have it from today; I have sent you a new one." }],
  },
  {
    description: "The screen reader does not say the arrival time when it changes.",
    priority: "high",
    assigned: "agent",
  },
  {
    description: "The estimated fare was half of what I paid in the end; there was no traffic.",
    priority: "normal",
  },
];

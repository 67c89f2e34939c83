/** A mail server for tests: it speaks as much SMTP as a sender needs, and keeps what it takes. */
import { createServer, type Socket } from "node:net";

export interface TestMailServer {
  readonly url: string;
  /** Whole messages, with their headers. */
  readonly mails: readonly string[];
  /** The RCPT lines. */
  readonly recipients: readonly string[];
  /** What AUTH PLAIN said, decoded. */
  readonly logins: readonly string[];
  /** The answer to the next messages' data; "250 ok" takes them, "" says nothing. */
  answer: string;
  close(): Promise<void>;
}

export async function startMailServer(): Promise<TestMailServer> {
  const mails: string[] = [];
  const logins: string[] = [];
  const recipients: string[] = [];
  const sockets = new Set<Socket>();
  const state = { answer: "250 ok" };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    const say = (line: string): void => void (line !== "" && socket.write(`${line}\r\n`));
    let data: string[] | undefined;
    let rest = "";
    const hear = (line: string): void => {
      if (data !== undefined) {
        if (line !== ".") return void data.push(line.replace(/^\.\./, "."));
        if (state.answer.startsWith("250")) mails.push(data.join("\n"));
        data = undefined;
        return say(state.answer);
      }
      const word = line.slice(0, 4).toUpperCase();
      if (word === "EHLO") return say("250-test\r\n250-SMTPUTF8\r\n250 AUTH PLAIN");
      if (word === "AUTH") {
        logins.push(Buffer.from(line.split(" ")[2] ?? "", "base64").toString());
        return say("235 ok");
      }
      if (word === "RCPT") recipients.push(line);
      if (word === "DATA") {
        data = [];
        return say("354 go on");
      }
      if (word === "STAR") return say("502 no TLS here");
      if (word === "QUIT") return void socket.end("221 bye\r\n");
      say("250 ok");
    };
    socket.on("data", (chunk) => {
      const lines = (rest + chunk.toString()).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) hear(line);
    });
    say("220 test");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `smtp://clerk:pass%40word@127.0.0.1:${port}`,
    mails,
    logins,
    recipients,
    get answer() {
      return state.answer;
    },
    set answer(answer) {
      state.answer = answer;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

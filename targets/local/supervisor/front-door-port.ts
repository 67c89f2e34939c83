/** Whether the front door can have its port, before anything is started. *adapter* */
import { createServer } from "node:net";
import { ConfigurationError } from "../../../base/errors.ts";

export async function checkPort(port: number, host: string): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    probe.once("error", resolve);
    probe.listen(port, host, () => resolve(undefined));
  });
  await new Promise<void>((resolve) => {
    if (problem === undefined) probe.close(() => resolve());
    else resolve();
  });
  if (problem === undefined) return;
  const isTaken = problem.code === "EADDRINUSE";
  throw new ConfigurationError({
    what: isTaken
      ? `port ${port} is already in use`
      : `port ${port} cannot be used (${problem.code})`,
    got: port,
    fix: `Stop what uses it, or choose another with --port ${port === 8080 ? 8081 : 8080} (--port 0: any free one).`,
  });
}

/** A supervisor in a process of its own, for the test that kills it: DIR PROGRAM. */
import { startDeployment } from "./supervisor.ts";

const [, , dataDir, program] = process.argv;
const programs = { region: program, witness: program, "front-door": program };
const deployment = await startDeployment({
  dataDir,
  programs,
  httpPort: 0,
  log: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(await deployment.status())}\n`);

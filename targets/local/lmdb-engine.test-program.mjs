/**
 * A process that writes without end and says what is on disk, to be killed at any instant.
 *
 *   node program.mjs <engine module> <folder>
 */
import { writeSync } from "node:fs";

const [, , engineModule, path] = process.argv;
const { openLmdbEngine } = await import(engineModule);
const engine = await openLmdbEngine({ path });
const say = (event) => writeSync(1, `${JSON.stringify(event)}\n`);

const write = () => {
  const number = engine.sequence + 1;
  engine.transact((writer) => {
    writer.put(`n${String(number).padStart(9, "0")}`, { number, text: "x".repeat(200) });
    writer.put("last", number);
    writer.remove(`n${String(number - 5000).padStart(9, "0")}`);
  });
};
engine.onTrouble((error) => say({ trouble: error?.message ?? null }));
engine.onFlushed((sequence) => {
  say({ flushed: sequence });
  for (let count = 0; count < 16 && engine.pressure < 0.5; count++) write();
});
say({ opened: engine.sequence });
for (let count = 0; count < 64; count++) write();

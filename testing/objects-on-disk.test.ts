/** The contract of the object ports on real files, under the cores of the simulated world. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeObjectContract, type ObjectSetup } from "../layers/objects/contract.ts";
import { FileByteDisk, openFileByteDisk } from "../targets/local/objects/byte-disk.ts";
import { openContractWorld } from "../targets/simulated/objects/contract-world.ts";
import type { Pump } from "../targets/simulated/objects/objects.ts";
import { APP } from "../targets/simulated/setting.ts";

const MOST_TURNS = 40_000;

/** Virtual time goes on while the real disk works: a turn of the event loop is a millisecond. */
const pump: Pump = async (world, pending) => {
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  pending.then(settled, settled);
  for (let turn = 0; turn < MOST_TURNS && !isSettled; turn++) {
    world.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return pending;
};

async function open(
  mode: "active-passive" | "active-active",
  durability: "replicated" | "local",
): Promise<ObjectSetup> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-objects-"));
  const rootOf = (site: string): string => join(folder, site);
  for (const site of ["a", "b"]) {
    await openFileByteDisk({ root: rootOf(site), apps: [APP], run: () => {}, trouble: () => {} });
  }
  const disks: FileByteDisk[] = [];
  const whole = (site: string): string => join(rootOf(site), APP, "whole");
  const setup = await openContractWorld({
    mode,
    durability,
    pump,
    // Virtual time runs far ahead while the real disk flushes.
    graceMs: 15_000,
    openDisk: (site, run) =>
      new FileByteDisk({
        root: rootOf(site),
        apps: [APP],
        run,
        trouble: () => {},
      }),
    filesOf: async (site) =>
      readdirSync(whole(site)).flatMap((name) => readdirSync(join(whole(site), name))),
  });
  const close = async (): Promise<void> => {
    await Promise.all(disks.map((disk) => disk.close()));
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...setup, close };
}

describeObjectContract("on disk, active-passive, replicated", () =>
  open("active-passive", "replicated"),
);
describeObjectContract("on disk, active-active, local", () => open("active-active", "local"));

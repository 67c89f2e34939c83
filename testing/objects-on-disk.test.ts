/** The contract of the object ports on real files, under the cores of the simulated world. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeObjectContract, type ObjectSetup } from "../layers/objects/contract.ts";
import type { Place } from "../layers/objects/messages.ts";
import { FileByteDisk, openFileByteDisk } from "../targets/local/objects/byte-disk.ts";
import { openContractWorld } from "../targets/simulated/objects/contract-world.ts";
import type { Pump } from "../targets/simulated/objects/objects.ts";
import { APP } from "../targets/simulated/setting.ts";

const MOST_TURNS = 40_000;

/** Of regions that were not killed. */
const disks = new Set<CountedDisk>();

/**
 * Virtual time stands still while a disk works, however slow it is: else a region that takes in
 * what another one sends would fall behind. A body that a client brings does not hold it up.
 */
const pump: Pump = async (world, pending) => {
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  pending.then(settled, settled);
  for (let turn = 0; turn < MOST_TURNS && !isSettled; ) {
    if ([...disks].every(({ asked }) => asked === 0)) {
      turn++;
      world.advance(1);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return pending;
};

/** Counts what cores asked it for and it has not answered. */
class CountedDisk extends FileByteDisk {
  asked = 0;

  #counted<Args extends readonly unknown[]>(done: (...args: Args) => void) {
    this.asked++;
    return (...args: Args): void => {
      this.asked--;
      done(...args);
    };
  }

  override resume(place: Place, done: (sizeBytes: number) => void): void {
    super.resume(place, this.#counted(done));
  }

  override append(place: Place, data: Uint8Array, done: (isWritten: boolean) => void): void {
    super.append(place, data, this.#counted(done));
  }

  override finish(...[place, sizeBytes, done]: Parameters<FileByteDisk["finish"]>): void {
    super.finish(place, sizeBytes, this.#counted(done));
  }

  override read(...[place, first, length, done]: Parameters<FileByteDisk["read"]>): void {
    super.read(place, first, length, this.#counted(done));
  }
}

function openDisk(root: string, run: (act: () => void) => void): CountedDisk {
  const disk = new CountedDisk({
    root,
    apps: [APP],
    run: (act) => {
      let isAlive = false;
      run(() => {
        isAlive = true;
        act();
      });
      if (!isAlive) disks.delete(disk);
    },
    trouble: () => {},
  });
  disks.add(disk);
  return disk;
}

async function open(
  mode: "active-passive" | "active-active",
  durability: "replicated" | "local",
): Promise<ObjectSetup> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-objects-"));
  const rootOf = (site: string): string => join(folder, site);
  for (const site of ["a", "b"]) {
    await openFileByteDisk({ root: rootOf(site), apps: [APP], run: () => {}, trouble: () => {} });
  }
  const whole = (site: string): string => join(rootOf(site), APP, "whole");
  const setup = await openContractWorld({
    mode,
    durability,
    pump,
    // Virtual time runs ahead while a disk flushes what a client brought.
    graceMs: 15_000,
    openDisk: (site, run) => openDisk(rootOf(site), run),
    filesOf: async (site) =>
      readdirSync(whole(site)).flatMap((name) => readdirSync(join(whole(site), name))),
  });
  const close = async (): Promise<void> => {
    await Promise.all([...disks].map((disk) => disk.close()));
    disks.clear();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...setup, close };
}

describeObjectContract("on disk, active-passive, replicated", () =>
  open("active-passive", "replicated"),
);
describeObjectContract("on disk, active-active, local", () => open("active-active", "local"));

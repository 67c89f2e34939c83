/** Whether all regions hold the same rows, version and text included. *pure* */
import type { Readback, Row } from "../history.ts";

export interface Difference {
  readonly id: string;
  /** Region to what it has; absent where it has nothing. */
  readonly versions: Readonly<Record<string, string>>;
}

export function compareRegions({ regions }: Pick<Readback, "regions">): readonly Difference[] {
  const names = Object.keys(regions);
  const rows = new Map<string, Record<string, Row>>();
  for (const name of names) {
    for (const row of regions[name] ?? []) {
      const id = row.of === undefined ? row.id : `${row.of}/${row.id}`;
      const of = rows.get(id) ?? {};
      of[name] = row;
      rows.set(id, of);
    }
  }
  const differences: Difference[] = [];
  for (const [id, of] of rows) {
    const first = of[names[0] ?? ""];
    const isEqual = names.every(
      (name) =>
        first !== undefined && of[name]?.version === first.version && of[name]?.text === first.text,
    );
    if (isEqual) continue;
    const versions = Object.fromEntries(
      Object.entries(of).map(([name, row]) => [name, `${row.version} ${row.text.slice(0, 60)}`]),
    );
    differences.push({ id, versions });
  }
  return differences;
}

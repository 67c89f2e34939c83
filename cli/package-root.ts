/** Where the package is, from its sources and from what was built of them. *shell* */
import { fileURLToPath } from "node:url";

const up = import.meta.url.endsWith(".ts") ? "../" : "../../";

export const PACKAGE_ROOT: string = fileURLToPath(new URL(up, import.meta.url));

/** The drawing process by itself, for its test. *composition* */
import { runDrawingProcess } from "./drawing-process.ts";

runDrawingProcess();

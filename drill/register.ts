/** What a register's text says: its name, and its value, which only grows. *pure* */
const TEXT = /^register (\S+) value (\d+)$/;

export const registerText = (name: string, value: number): string =>
  `register ${name} value ${value}`;

/** Undefined for any other text. */
export function readRegister(
  text: string,
): { readonly name: string; readonly value: number } | undefined {
  const match = TEXT.exec(text);
  if (match === null) return undefined;
  const [, name = "", value = ""] = match;
  return { name, value: Number(value) };
}

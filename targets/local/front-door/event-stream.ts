/** Server-sent events from bytes (WHATWG HTML, 9.2), without ids and retry times. *pure* */
const LINE_MOST_CHARS = 1024 * 1024;

export function createEventParser(
  onEvent: (type: string, data: string) => void,
): (chunk: Buffer) => void {
  const decoder = new TextDecoder();
  let rest = "";
  let type = "message";
  let data: string[] = [];

  const line = (text: string): void => {
    if (text === "") {
      if (data.length > 0) onEvent(type, data.join("\n"));
      type = "message";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") type = value;
    else if (field === "data") data.push(value);
  };

  return (chunk) => {
    rest += decoder.decode(chunk, { stream: true });
    // A stream that never ends its line is not an event stream.
    if (rest.length > LINE_MOST_CHARS) rest = "";
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const text of lines) line(text);
  };
}

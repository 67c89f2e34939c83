/** The digest that a request says its body has. *pure* */

/** RFC 9530. Undefined where there is none; something else than a digest where it is not one. */
export function contentDigestOf(headers: Headers): string | undefined {
  const given = headers.get("content-digest") ?? headers.get("repr-digest");
  if (given === null) return undefined;
  const match = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(given);
  if (match?.[1] === undefined) return "";
  return Array.from(atob(match[1]), (character) =>
    character.charCodeAt(0).toString(16).padStart(2, "0"),
  ).join("");
}

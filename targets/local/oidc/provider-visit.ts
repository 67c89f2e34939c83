/**
 * A browser at an OpenID or Facebook provider, for tests: it follows redirections, keeps the
 * provider's cookies, and fills in its forms. *adapter for tests*
 */
const STEPS_MOST = 20;

/** Where the provider sends it back to; without a name it cancels. */
export async function visitProvider(
  location: string,
  name: string | undefined,
  isBack: (url: URL) => boolean,
): Promise<URL> {
  const jar = new Map<string, string>();
  let url = new URL(location);
  let form: URLSearchParams | undefined;
  for (let step = 0; step < STEPS_MOST; step++) {
    const cookie = [...jar].map(([key, value]) => `${key}=${value}`).join("; ");
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(form === undefined ? {} : { method: "POST", body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    const next = response.headers.get("location");
    await response.text();
    form = undefined;
    if (next !== null) {
      url = new URL(next, url);
      if (isBack(url)) return url;
    } else {
      form =
        name === undefined ? new URLSearchParams({ cancel: "1" }) : new URLSearchParams({ name });
    }
  }
  throw new Error(`the provider does not let go at ${url}`);
}

/** Secrets at rest and MACs, with WebCrypto and the deployment's secret. *adapter* */
const encoder = new TextEncoder();

export interface Sealing {
  /** Authenticated encryption; `name` has to be the same when it is opened. */
  seal(text: string, name: string): Promise<string>;
  open(sealed: string, name: string): Promise<string | undefined>;
  /** HMAC-SHA-256 as base64url. */
  mac(text: string): Promise<string>;
}

export function createSealing(deploymentSecret: string): Sealing {
  const source = crypto.subtle.importKey("raw", encoder.encode(deploymentSecret), "HKDF", false, [
    "deriveKey",
  ]);
  const derive = async <Algorithm extends AesKeyGenParams | HmacKeyGenParams>(
    purpose: string,
    algorithm: Algorithm,
    usages: KeyUsage[],
  ): Promise<CryptoKey> =>
    crypto.subtle.deriveKey(
      {
        name: "HKDF",
        hash: "SHA-256",
        salt: new Uint8Array(0),
        info: encoder.encode(`understudy ${purpose} 1`),
      },
      await source,
      algorithm,
      false,
      usages,
    );
  const sealingKey = derive("sealing", { name: "AES-GCM", length: 256 }, ["encrypt", "decrypt"]);
  const macKey = derive("mac", { name: "HMAC", hash: "SHA-256", length: 256 }, ["sign"]);
  const bound = (iv: Uint8Array<ArrayBuffer>, name: string): AesGcmParams => ({
    name: "AES-GCM",
    iv,
    additionalData: encoder.encode(name),
  });

  return {
    seal: async (text, name) => {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const bytes = await crypto.subtle.encrypt(
        bound(iv, name),
        await sealingKey,
        encoder.encode(text),
      );
      return `1.${toBase64Url(iv)}.${toBase64Url(new Uint8Array(bytes))}`;
    },
    open: async (sealed, name) => {
      const [version, iv, bytes] = sealed.split(".");
      if (version !== "1" || iv === undefined || bytes === undefined) return undefined;
      try {
        const opened = await crypto.subtle.decrypt(
          bound(fromBase64Url(iv), name),
          await sealingKey,
          fromBase64Url(bytes),
        );
        return new TextDecoder().decode(opened);
      } catch {
        return undefined;
      }
    },
    mac: async (text) => {
      const bytes = await crypto.subtle.sign("HMAC", await macKey, encoder.encode(text));
      return toBase64Url(new Uint8Array(bytes));
    },
  };
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

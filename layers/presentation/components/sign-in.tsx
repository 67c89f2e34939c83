/**
 * The one sign-in dialog of a page. It stands above everything that comes and goes with the data,
 * so that no refresh closes it while somebody types.
 */
import { type ReactNode, useCallback, useState } from "react";
import { SignInContext } from "../use-sign-in.ts";
import { IdentityDialog } from "./identity-form.tsx";

export function SignInProvider({ children }: { readonly children: ReactNode }) {
  const [isAsking, setIsAsking] = useState(false);
  const ask = useCallback(() => setIsAsking(true), []);
  return (
    <SignInContext value={ask}>
      {children}
      <IdentityDialog opened={isAsking} onClose={() => setIsAsking(false)} />
    </SignInContext>
  );
}

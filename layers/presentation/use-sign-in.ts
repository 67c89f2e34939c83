/** Opens the page's sign-in dialog (components/sign-in.tsx). */
import { createContext, useContext } from "react";

export const SignInContext = createContext<(() => void) | undefined>(undefined);

export function useSignIn(): () => void {
  const ask = useContext(SignInContext);
  if (ask === undefined) throw new Error("useSignIn: no SignInProvider above this component");
  return ask;
}

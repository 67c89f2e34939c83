/**
 * Small drawn flags: not every system has a font with flags, and some show two letters instead.
 * A country that is not drawn here shows its code. Decorative: the place is always in text beside.
 */
import type { ReactNode } from "react";
import classes from "./flag.module.css";

const vertical = (...colours: readonly string[]): ReactNode =>
  colours.map((colour, index) => (
    <rect
      key={colour}
      x={(24 / colours.length) * index}
      width={24 / colours.length}
      height="16"
      fill={colour}
    />
  ));

const horizontal = (...colours: readonly string[]): ReactNode =>
  colours.map((colour, index) => (
    <rect
      key={colour}
      y={(16 / colours.length) * index}
      width="24"
      height={16 / colours.length}
      fill={colour}
    />
  ));

const cross = (ground: string, line: string): ReactNode => (
  <>
    <rect width="24" height="16" fill={ground} />
    <rect x="7" width="3.2" height="16" fill={line} />
    <rect y="6.4" width="24" height="3.2" fill={line} />
  </>
);

const FLAGS: Readonly<Record<string, ReactNode>> = {
  IE: vertical("#169b62", "#ffffff", "#ff883e"),
  FR: vertical("#0055a4", "#ffffff", "#ef4135"),
  IT: vertical("#008c45", "#f4f5f0", "#cd212a"),
  DE: horizontal("#000000", "#dd0000", "#ffce00"),
  ID: horizontal("#ce1126", "#ffffff"),
  SE: cross("#006aa7", "#fecc00"),
  CH: (
    <>
      <rect width="24" height="16" fill="#da291c" />
      <path d="M10.5 4h3v2.5H16v3h-2.500V12h-3V9.500H8v-3h2.500z" fill="#fff" />
    </>
  ),
  JP: (
    <>
      <rect width="24" height="16" fill="#fff" />
      <circle cx="12" cy="8" r="4.500" fill="#bc002d" />
    </>
  ),
  SG: (
    <>
      {horizontal("#ee2536", "#ffffff")}
      <circle cx="6" cy="4" r="2.8" fill="#fff" />
      <circle cx="7.400" cy="4" r="2.400" fill="#ee2536" />
      <circle cx="9" cy="4" r="0.9" fill="#fff" />
    </>
  ),
};

export function Flag({ country }: { readonly country: string | undefined }) {
  const drawing = country === undefined ? undefined : FLAGS[country];
  return (
    <svg className={classes.flag} viewBox="0 0 24 16" aria-hidden="true">
      {drawing ?? (
        <>
          <rect width="24" height="16" fill="#5c677d" />
          <text x="12" y="11.500" textAnchor="middle" fontSize="9" fontWeight="700" fill="#fff">
            {country ?? "–"}
          </text>
        </>
      )}
    </svg>
  );
}

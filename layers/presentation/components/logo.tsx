/** The mark: one disc on the stage, one in outline right behind it. Decorative. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#4263eb" />
      <circle
        cx="19.5"
        cy="16"
        r="8"
        fill="none"
        stroke="#bac8ff"
        strokeWidth="2.5"
        strokeDasharray="3 2.6"
      />
      <circle cx="12.5" cy="16" r="8" fill="#fff" />
    </svg>
  );
}

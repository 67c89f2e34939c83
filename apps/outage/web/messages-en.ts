/** English words of the page that stands in for all others. */
export const outageEn = {
  title: "No region is on stage",
  what: "No region answers right now. This page looks for one every two seconds, and opens as soon as one is back.",
  kept: "What you wrote and had not sent yet is kept in this tab.",
  operators: "Operators bring a region back in the console.",
  console: "Open the console",
  again: "Try again",
  back: "A region answers. This page opens ...",
} as const;

/** English words of the landing page. */
export const landingEn = {
  title: "An app that goes on when a region is lost",
  what: "Understudy runs an application in two or more regions, keeps its data in each of them, and moves it when one is lost. It then shows how long that took and which acknowledged writes were not there.",
  steps: {
    title: "Try it in three steps",
    open: "Open Tickets and write one",
    openBody:
      "Create an account and submit a ticket. The badge at the top names the region that answered.",
    openLink: "Open Tickets",
    kill: "Kill the region that serves",
    killOperator:
      "Open the operator link that the start printed, and press Kill in the console. Another link:",
    killCommand: "Or do it on the command line:",
    killLink: "Open the console",
    watch: "Watch the page go on",
    watchBody:
      "Submit another ticket meanwhile. It arrives, once, and the badge names the other region. Your first ticket is still there, and you are still signed in.",
  },
  apps: {
    title: "Applications",
    tickets: "Report, assign and close problems together.",
    photos: "Upload and share pictures; their bytes are in both regions.",
    bookstore: "Browse, order and rate books, in all regions at once.",
    console: "Regions, epochs, lag, writes at risk; move apps and break things.",
    openapi: "Interface description",
  },
  regions: {
    title: "The regions right now",
    primary: "primary of {{apps}}",
    serves: "serves {{apps}}",
    stands: "stands by",
    up: "up",
    down: "down",
    unhealthy: "unhealthy",
  },
} as const;

/** English words of the kit. The German ones must have exactly these keys (translation.ts). */
export const kitEn = {
  app: {
    home: "Home",
    identity: "Accounts",
    tickets: "Tickets",
    photos: "Photos",
    bookstore: "Bookstore",
    console: "Console",
  },
  header: {
    skip: "Skip to content",
    pages: "Pages",
    language: "Language",
    scheme: "Colours",
    schemeAuto: "Colours: as the system",
    schemeLight: "Colours: light",
    schemeDark: "Colours: dark",
    answeredBy: "Answered by {{place}} ({{region}}), epoch {{epoch}}",
    notAnswered: "No answer yet",
    epoch: "epoch {{epoch}}",
  },
  identity: {
    signIn: "Sign in",
    signUp: "Create account",
    signOut: "Sign out",
    signedInAs: "Signed in as {{name}}",
    username: "User name",
    password: "Password",
    email: "Email (optional)",
    usernameHint: "3 to 64 letters, digits or . _ @ + -",
    passwordHint: "At least 8 characters",
    haveAccount: "I have an account",
    noAccount: "I need an account",
    needed: "Sign in to do this.",
    close: "Close",
    forgotten: "Forgotten the password?",
    continueWith: "Continue with {{provider}}",
    or: "or",
    lost: "Your account works in every region: no new sign-in after a failover.",
  },
  state: { active: "active", fenced: "fenced", failover: "failover" },
  mode: { "active-passive": "active-passive", "active-active": "active-active" },
  banner: {
    allWell: { title: "Everything is in place", body: "{{app}} serves from {{serving}}." },
    standbyDown: {
      title: "Running without an understudy",
      body: "{{app}} works as usual in {{serving}}, but another region is not well. Nothing is lost; there is just no one to take over.",
    },
    failingOver: {
      title: "Moving to another region",
      body: "{{serving}} does not answer. What you send is kept and goes out as soon as another region has taken over, usually within a second.",
    },
    oneOfSeveralDown: {
      title: "One region is missing",
      body: "{{app}} goes on in the other regions. What was written in the missing one just before may appear later.",
    },
    allUnreachable: {
      title: "No serving region answers",
      body: "What you send is kept and goes out as soon as a region answers again.",
    },
    fenced: {
      title: "Read only for the moment",
      body: "An operator has paused writing for {{app}}. You can read everything; what you write waits here and is sent when writing is open again.",
    },
    fencedStandbyDown: {
      title: "Read only, and one region is not well",
      body: "Writing for {{app}} is paused. You can read; what you write waits here and is sent when writing is open again.",
    },
    fencedUnreachable: {
      title: "Read only, and the last serving region does not answer",
      body: "You may see older data. What you write waits here until writing is open again.",
    },
    standingIn: {
      title: "The understudy is on",
      body: "{{app}} serves from {{serving}}, in place of {{primary}}. Everything works.",
    },
    standingInAlone: {
      title: "The understudy is on, alone",
      body: "{{app}} serves from {{serving}}; {{primary}} is not back yet. Everything works, without a second region behind it.",
    },
    failingOverAgain: {
      title: "Moving again",
      body: "{{serving}}, which stood in, does not answer. What you send is kept until a region serves again.",
    },
    elsewhere: {
      title: "Served without the primary",
      body: "{{app}} serves from {{serving}}. Everything works.",
    },
    elsewhereDegraded: {
      title: "Served by the regions that are left",
      body: "{{app}} serves from {{serving}}; another region is not well.",
    },
    noMajority: {
      title: "No region may write for the moment",
      body: "Too few of the voters that let a region write answer. What you send is kept until enough of them answer again; {{app}} cannot move before that either.",
    },
    noneServes: {
      title: "No region serves {{app}} yet",
      body: "What you send is kept until a region serves it.",
    },
    offline: {
      title: "No region can be reached",
      body: "Neither this page's region nor any other answers. What you see is what was loaded before; what you write waits here.",
    },
    deviceOffline: {
      title: "You are offline",
      body: "This device has no network. What you see is what was loaded before; what you write waits here.",
    },
    stale: {
      title: "You may see older data",
      body: "{{region}} answered with a copy that is {{age}} old.",
      bodyUnknown: "{{region}} answered with a copy of unknown age.",
    },
    missing_one: "One of your own changes has not arrived in this region yet.",
    missing_other: "{{count}} of your own changes have not arrived in this region yet.",
  },
  write: {
    sending: "Sending …",
    kept: {
      fenced:
        "Writing is paused. Your text is kept in this tab and is sent when writing opens again.",
      moving:
        "The app is moving to another region. Your text is kept in this tab and is sent in a moment.",
      nobody: "No region may write. Your text is kept in this tab and is sent when one may again.",
      offline: "No region answers. Your text is kept in this tab and is sent when one does.",
      unknown:
        "It is not known whether the last try arrived. It is asked again with the same key, so it cannot happen twice.",
      unavailable:
        "The server could not do it just now. Your text is kept in this tab and is tried again by itself.",
    },
    here: {
      fenced: "Writing is paused. This page tries again, as long as it is open.",
      moving:
        "The app is moving to another region. This page tries again in a moment, as long as it is open.",
      nobody: "No region may write. This page tries again, as long as it is open.",
      offline: "No region answers. This page tries again, as long as it is open.",
      unknown:
        "It is not known whether the last try arrived. It is asked again with the same key, so it cannot happen twice.",
      unavailable:
        "The server could not do it just now. This page tries again, as long as it is open.",
    },
    attempts_one: "tried once",
    attempts_other: "tried {{count}} times",
    tryNow: "Try now",
    stop: "Stop trying",
    leave: "Send it later, go on",
    failed: "That did not work",
  },
  outbox: {
    title: "Left to be sent",
    queued: "queued",
    sent: "sent, not confirmed",
    confirmed: "confirmed",
    refused: "refused",
    giveUp: "Give up",
    forget: "Clear",
  },
  problem: {
    fenced: "Writing is paused for this app.",
    "not-serving": "Another region serves this app now.",
    "outcome-unknown": "It is not known whether this was saved.",
    offline: "No region answers.",
    unavailable: "The server cannot answer just now.",
    "too-many-requests": "Too many requests. Wait a moment.",
    unauthenticated: "Sign in to do this.",
    forbidden: "You may not do this.",
    "not-found": "This does not exist, or no longer.",
    conflict: "This does not fit what is stored.",
    "wrong-credentials": "User name and password do not match.",
    "sign-in-refused":
      "This sign-in is not accepted: it is wrong, was used before, or comes too late.",
    "name-taken": "This name is taken.",
    "would-lose-data": "This would lose acknowledged writes.",
    "stale-version": "Someone changed this in the meantime.",
    invalid: "Something in it is not valid.",
    "too-large": "This is too large.",
    "image-refused": "This picture is not taken.",
    "upload-missing": "The bytes have not arrived.",
    "key-reused": "The same key was used for something else.",
    "no-majority": "No majority of voters answers: nothing can be changed now.",
    internal: "Something went wrong.",
  },
  missing: {
    title: "There is no such page",
    what: "Nothing has this address:",
  },
  data: { loading: "Loading", retry: "Try again", failed: "This could not be loaded." },
} as const;

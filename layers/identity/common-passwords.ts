/**
 * Passwords that a guesser tries first. *pure*
 *
 * Source: written for Understudy, not copied from a leaked list. What such lists have in common was
 * turned into rules: words of habit (WORDS) with the endings that people add (ENDINGS), walks over
 * the keyboard, runs of digits and letters, and one character or a short piece repeated. Only what
 * the other rules let through (8 characters and more) is kept; made once, at start.
 */
const WORDS = `password passwort passw0rd p@ssword p@ssw0rd pass word welcome willkommen admin
administrator root user guest test testing tester demo default changeme letmein login secret geheim
master access hello hallo abc abcd qwerty qwertz azerty asdf zxcv iloveyou loveyou lovely love
princess prinzessin sunshine sonnenschein shadow monkey dragon tiger panther eagle falcon phoenix
football fussball baseball basketball soccer hockey superman batman spiderman starwars pokemon
minecraft fortnite computer internet server oracle cisco samsung apple google facebook summer sommer
winter spring autumn herbst monday friday january december freedom whatever trustno trustme nothing
charlie michael jessica jennifer michelle daniel thomas andrew joshua matthew ashley nicole jordan
hunter killer ninja mustang ferrari porsche mercedes corvette yankees cowboys liverpool chelsea
arsenal barcelona juventus schalke chocolate schokolade cheese cookie pepper ginger banana orange
cherry flower blume rainbow butterfly diamond silver golden purple yellow success money family
familie forever together startrek metallica nirvana slipknot blink mickey donald snoopy garfield
understudy`.split(/\s+/);

const ENDINGS = `1 2 7 11 12 21 22 23 69 77 88 99 00 01 007 111 123 321 777 1234 12345 123456
1! 12! 123! 1234! ! !! . # 2020 2021 2022 2023 2024 2025 2026 2027`.split(/\s+/);

const WALKS = ["qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm"];
const COLUMNS = ["1qaz2wsx3edc4rfv", "1q2w3e4r5t6z7u8i", "1q2w3e4r5t6y7u8i", "q1w2e3r4t5y6"];
const RUNS = ["0123456789012345", "1234567890123456", "9876543210987654", "abcdefghijklmnop"];
const PIECES = ["ab", "abc", "123", "321", "1234", "12", "10", "69", "qwe", "asd", "love", "haha"];
const OTHERS = [
  "zaq12wsx",
  "qazwsxedc",
  "trustno1",
  "letmein1",
  "abcd1234",
  "abc12345",
  "a1b2c3d4",
];

const LEAST = 8;

const reversed = (text: string): string => [...text].reverse().join("");

function collect(): ReadonlySet<string> {
  const found = new Set<string>(OTHERS);
  for (const word of WORDS) {
    found.add(word);
    found.add(word + word);
    for (const ending of ENDINGS) {
      found.add(word + ending);
      if (/^\d+$/.test(ending)) found.add(ending + word);
    }
  }
  for (const line of [...WALKS, ...COLUMNS, ...RUNS]) {
    for (let end = LEAST; end <= line.length; end++) {
      for (const text of [line.slice(0, end), reversed(line.slice(0, end))]) {
        found.add(text);
        found.add(`${text}1`);
        found.add(`${text}123`);
      }
    }
  }
  for (const walk of WALKS) for (const ending of ENDINGS) found.add(walk.slice(0, 6) + ending);
  for (const one of "0123456789abcdefghijklmnopqrstuvwxyz") {
    for (let count = LEAST; count <= 16; count++) found.add(one.repeat(count));
  }
  for (const piece of PIECES) {
    for (let count = 2; piece.length * count <= 16; count++) found.add(piece.repeat(count));
  }
  return new Set([...found].filter((text) => text.length >= LEAST));
}

const common = collect();

/** `password` in lower case. */
export const isCommonPassword = (password: string): boolean => common.has(password);
export const commonPasswords = (): readonly string[] => [...common];

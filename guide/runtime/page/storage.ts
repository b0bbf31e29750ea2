/* What this browser keeps for the reader, all of it: a word, documents, answers, letters
   guessed, the theme and the lessons read. What a link brought lasts as long as the tab, and stays apart. */

const PREFIX = "glassgpt.";

export const KEYS = ["word", "documents", "answered", "guesses", "theme", "lessons"] as const;
export type Key = (typeof KEYS)[number];
// how lists by address were called while lesson 0.5 stood at 0.6, and 0.6 at 0.5
type Before = "answers" | "read";
const BEFORE: [Key, Before][] = [
  ["answered", "answers"],
  ["lessons", "read"],
];

/** A file of what is kept, as it is exported. */
export interface Stored {
  glassgpt: 1;
  kept: Partial<Record<Key, string>>;
}
type Kept = Partial<Record<Key | Before, string>>;

function from(area: () => Storage, key: Key | Before): string | null {
  try {
    return area().getItem(PREFIX + key);
  } catch {
    return null; // forbidden here
  }
}

/** Whether it is there now; where an area is full or forbidden it is as it was. */
function into(area: () => Storage, key: Key | Before, value: string | null): boolean {
  try {
    if (value === null) area().removeItem(PREFIX + key);
    else area().setItem(PREFIX + key, value);
    return true;
  } catch {
    return false;
  }
}

const local = (): Storage => localStorage;
const tab = (): Storage => sessionStorage;

/** A list by address from before two lessons changed places. */
const placed = (text: string): string =>
  text.replace(/\/step\/0\/([56])\//g, (_, at) => `/step/0/${at === "5" ? 6 : 5}/`);

/** What was kept before is kept under the addresses and the names of today, once. */
function bringOver(): void {
  for (const [key, old] of BEFORE) {
    const text = from(local, old);
    if (text !== null && (from(local, key) !== null || into(local, key, placed(text))))
      into(local, old, null);
  }
}
bringOver();

/** What is kept, or what a link brought into this tab. */
export const stored = (key: Key): string | null => from(tab, key) ?? from(local, key);

/** What is kept for good, whatever a link brought. */
export const storedForGood = (key: Key): string | null => from(local, key);

/** Keeps it for good; null forgets it. Whether that worked: if not, what was kept stays. */
export function store(key: Key, value: string | null): boolean {
  into(tab, key, null);
  return into(local, key, value);
}

/** Keeps it as long as this tab is open; null forgets it, and leaves what is kept for good. */
export const carry = (key: Key, value: string | null): boolean => into(tab, key, value);

/** A kept list or table; empty where there is none, or none that can be read. */
export function storedJson<T extends object>(key: "answered" | "guesses" | "lessons", empty: T): T {
  try {
    const found = JSON.parse(stored(key) ?? "null") as T | null;
    return found && Array.isArray(found) === Array.isArray(empty) ? found : empty;
  } catch {
    return empty;
  }
}

/** All that is kept. */
export function everything(): Stored {
  const found = KEYS.map((key) => [key, from(local, key)] as const);
  return { glassgpt: 1, kept: Object.fromEntries(found.filter(([, value]) => value !== null)) };
}

function fill({ kept }: Stored): boolean {
  for (const key of KEYS) into(local, key, null); // room first
  return KEYS.every((key) => into(local, key, kept[key] ?? null));
}

/** Puts this in the place of all that is kept, or leaves all as it was where it does not
    fit. Whether it fitted. */
export function replace(all: Stored): boolean {
  const before = everything();
  if (!fill(all)) {
    fill(before);
    return false;
  }
  for (const key of KEYS) carry(key, null);
  return true;
}

/** What a file holds, which may be nothing; null where it is none of ours. */
export function read(text: string): Stored | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  const { glassgpt, kept } = (found ?? {}) as { glassgpt?: unknown; kept?: Kept };
  if (glassgpt !== 1 || typeof kept !== "object" || kept === null || Array.isArray(kept))
    return null;
  for (const [key, old] of BEFORE) {
    const { [old]: text } = kept;
    if (typeof text !== "string") continue;
    kept[key] ??= placed(text);
    delete kept[old];
  }
  const known = KEYS.filter((key) => typeof kept[key] === "string");
  if (known.length < Object.keys(kept).length) return null;
  return { glassgpt, kept };
}

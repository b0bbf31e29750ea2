/* What a search finds, the most useful first. It comes when the search is first opened. */
import MiniSearch from "minisearch";

/** A part of a page. */
export type Entry = [
  path: string,
  place: string,
  title: string,
  id: string,
  heading: string,
  text: string,
  /** What is explained there. */
  terms: string[],
  /** The names of the code that are defined there. */
  names: string[],
];

export interface Found {
  entry: Entry;
  /** Which of its words were meant. */
  words: string[];
}

// where a term is explained comes first, then its line in the glossary, then what is called
// so or is a name of the code, then what only mentions it; a lesson's number names it
const WEIGHTS = { place: 60, terms: 30, listed: 12, names: 4, heading: 3, title: 2, text: 1 };

const WORD = /[\p{L}\p{N}]+(?:[.'’_-][\p{L}\p{N}]+)*/gu;
const FORGIVEN = 0.2; // typing errors, as a part of a word's letters
const LONG = 4; // letters

/** The words of a text; held-out and mlp_fc1 also as their parts. */
function wordsOf(text: string): string[] {
  const words = text.match(WORD) ?? [];
  return words.flatMap((word) => (/[_-]/.test(word) ? [word, ...word.split(/[_-]/)] : [word]));
}

function fieldsOf([path, place, title, id, heading, text, terms, names]: Entry, number: number) {
  const listed = path === "/glossary/" && id.startsWith("term-");
  const named = listed ? { listed: heading, heading: "" } : { listed: "", heading };
  return {
    id: number,
    place,
    title,
    text,
    terms: terms.join("\n"),
    names: names.join("\n"),
    ...named,
  };
}

/** Whether an entry explains just what is asked for: "gradient", not "gradient descent". */
function isOf([path, , , , heading, , terms]: Entry, query: string): boolean {
  const asked = query.trim().toLowerCase();
  const said = path === "/glossary/" ? [heading] : terms;
  return said.some((each) => each.toLowerCase() === asked);
}

/** Finds the entries that have all words of a query, or words that begin so, or nearly. */
export function searchIndex(entries: Entry[]): (query: string) => Found[] {
  const index = new MiniSearch({
    fields: Object.keys(WEIGHTS),
    tokenize: wordsOf,
    searchOptions: {
      boost: WEIGHTS,
      combineWith: "AND",
      prefix: true,
      fuzzy: (word) => word.length >= LONG && !/\d/.test(word) && FORGIVEN,
    },
  });
  index.addAll(entries.map(fieldsOf));
  return (query) => {
    const found = index
      .search(query)
      .map(({ id, terms }) => ({ entry: entries[id as number]!, words: terms }));
    const whole = found.filter(({ entry }) => isOf(entry, query));
    return [...whole, ...found.filter((one) => !whole.includes(one))];
  };
}

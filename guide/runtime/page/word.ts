/* The reader's word: as it was typed, and as it is read. */
import { clean, knownAs } from "../worker/data/documents.ts";

export const FIRST_WORD = "emma";
/** Characters that are read of a word. */
export const LONGEST_WORD = 60;

/** A word without spaces around it, and no longer than is read. */
export const shortened = (word: string): string => [...clean(word)].slice(0, LONGEST_WORD).join("");

/** A word in characters that are known: in the other case where only that is, and without
    those that are known in neither. */
export const readAs = (word: string, known: Set<string>): string =>
  [...word].map((character) => knownAs(character, known) ?? "").join("");

/* The numbers of an expression's letters: those that a reader set, those of the page, and
   for the others some that are easy to follow. n is the length of the reader's word. */
export const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];
const WORD = "n";

/** `a=2,b=n` as numbers by letter; what is no such pair is left out. */
export function readNumbers(text: string, length: number): Map<string, number> {
  const pairs = text.split(",").map((pair) => pair.split("="));
  const known = pairs.filter(([letter, number]) => LETTERS.includes(letter!) && number?.trim());
  const value = (number: string): number => (number === WORD ? length : Number(number));
  const numbers = known.map(([letter, number]) => [letter!, value(number!)] as const);
  return new Map(numbers.filter(([, number]) => Number.isFinite(number)));
}

export const writeNumbers = (numbers: Map<string, number>): string =>
  [...numbers].map(([letter, number]) => `${letter}=${number}`).join(",");

/** The numbers of a to z, the first that has one counts. */
export const allNumbers = (length: number, ...given: Map<string, number>[]): number[] =>
  LETTERS.map(
    (letter, i) =>
      given.find((each) => each.has(letter))?.get(letter) ??
      (letter === WORD ? length : 2 + (i % 5)),
  );

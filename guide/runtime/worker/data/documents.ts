/* From bytes to documents, by the rule of docs/documents.md, which Python follows too. */

const LONGEST_DOCUMENT = 1_000_000;
const LARGEST_VOCABULARY = 4_096;
// what Python's str.strip() takes off; JavaScript's own trim takes other characters
const WHITE =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const TRIMMED = new RegExp(`^${WHITE}+|${WHITE}+$`, "g");

/** Why bytes are no documents: a word of the table in docs/documents.md. */
export type Refusal =
  "UTF-16" | "UTF-32" | "binary" | "not UTF-8" | "empty" | "blank" | "too long" | "vocabulary";

export class DocumentsError extends Error {
  override name = "DocumentsError";
  constructor(readonly refusal: Refusal) {
    super(refusal);
  }
}

export interface Documents {
  documents: string[];
  /** Lines that held nothing. */
  blank: number;
  /** The different characters, sorted by code point. */
  vocabulary: string[];
}

const MARKS: [Refusal, number[]][] = [
  ["UTF-32", [0xff, 0xfe, 0, 0]],
  ["UTF-32", [0, 0, 0xfe, 0xff]],
  ["UTF-16", [0xff, 0xfe]],
  ["UTF-16", [0xfe, 0xff]],
];

/** Read the bytes of a text file, or throw DocumentsError. */
export function readDocuments(bytes: Uint8Array): Documents {
  const lines = splitLines(decode(bytes)).map(clean);
  const documents = lines.filter((line) => line !== "");
  if (documents.length === 0) throw new DocumentsError(lines.length ? "blank" : "empty");
  for (const text of documents) {
    // a code point takes one or two units of a string
    if (text.length > LONGEST_DOCUMENT && [...text].length > LONGEST_DOCUMENT)
      throw new DocumentsError("too long");
  }
  const vocabulary = charactersOf(documents);
  if (vocabulary.length > LARGEST_VOCABULARY) throw new DocumentsError("vocabulary");
  return { documents, blank: lines.length - documents.length, vocabulary };
}

/** The different characters, sorted by code point and not by units of a string. */
export function charactersOf(documents: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const text of documents) for (const character of text) found.add(character);
  return [...found].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
}

/** A line as it becomes a document: trimmed, then composed. */
export const clean = (line: string): string => line.replace(TRIMMED, "").normalize("NFC");

/** The character of a vocabulary that one typed stands for: itself, or in the other case
    where only that is known; undefined where neither is. */
export function knownAs(
  character: string,
  known: { has(character: string): boolean },
): string | undefined {
  return [character, character.toLowerCase(), character.toUpperCase()].find((each) =>
    known.has(each),
  );
}

const ACCENTS = /\p{M}+/gu;

/** A text without its case and accents: what a search compares. */
export const plain = (text: string): string =>
  text.normalize("NFD").replace(ACCENTS, "").toLowerCase();

function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  const last = lines.pop()!;
  return last ? [...lines, last] : lines;
}

function decode(bytes: Uint8Array): string {
  for (const [encoding, mark] of MARKS)
    if (mark.every((byte, i) => bytes[i] === byte)) throw new DocumentsError(encoding);
  if (bytes.includes(0)) throw new DocumentsError("binary");
  try {
    // a byte order mark at the start is left out
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new DocumentsError("not UTF-8");
  }
}

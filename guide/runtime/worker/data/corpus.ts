/* Documents and their characters, in the worker. The built-in names are one file, and
   fetched when somebody first needs them. */
import namesFile from "../../../../src/glassgpt/steps/names.txt?url";
import { knownAs, plain, readDocuments, type Documents } from "./documents.ts";
import type { Source } from "./record.ts";

export class Corpus implements Documents {
  readonly documents: string[];
  readonly blank: number;
  readonly vocabulary: string[];
  readonly known: Set<string>;
  private searched: string[] | undefined;
  private readonly ids: Map<string, number>;

  constructor(
    readonly source: Source,
    read: Documents,
  ) {
    this.documents = read.documents;
    this.blank = read.blank;
    this.vocabulary = read.vocabulary;
    this.known = new Set(read.documents);
    this.ids = new Map(read.vocabulary.map((character, id) => [character, id]));
  }

  /** The documents as a search compares them: without case and accents. */
  get plain(): string[] {
    return (this.searched ??= this.documents.map(plain));
  }

  get bos(): number {
    return this.vocabulary.length;
  }

  get vocabSize(): number {
    return this.vocabulary.length + 1;
  }

  /** Token ids, BOS at both ends; a character that is known only in the other case is read
      in that, and one that is known in neither is left out. */
  encode(text: string): number[] {
    return [...this.encodePrefix(text), this.bos];
  }

  /** The id of one token: of a character, and BOS for whatever is none. */
  idOf(token: string): number {
    const [character = "", ...more] = token;
    return more.length ? this.bos : (this.encodePrefix(character)[1] ?? this.bos);
  }

  encodePrefix(text: string): number[] {
    const ids = [this.bos];
    for (const character of text) {
      const id = this.ids.get(character) ?? this.ids.get(knownAs(character, this.ids) ?? "");
      if (id !== undefined) ids.push(id);
    }
    return ids;
  }

  decode(ids: Iterable<number>): string {
    let text = "";
    for (const id of ids) text += this.vocabulary[id] ?? "";
    return text;
  }
}

const corpora = new Map<Source, Promise<Corpus>>();

/** The documents of a source: "names", or one that `give` was told of. */
export function corpusOf(source: Source): Promise<Corpus> {
  const known = corpora.get(source);
  if (known) return known;
  if (source !== "names") throw new Error(`unknown documents: ${source}`);
  const loading = fetch(namesFile)
    .then((answer) => {
      if (!answer.ok) throw new Error(`missing names: ${answer.status}`);
      return answer.arrayBuffer();
    })
    .then((bytes) => new Corpus(source, readDocuments(new Uint8Array(bytes))));
  corpora.set(source, loading);
  loading.catch(() => corpora.delete(source));
  return loading;
}

/** Keep a reader's documents under a name; only the last few stay. */
export function give(source: Source, bytes: Uint8Array): Corpus {
  const corpus = new Corpus(source, readDocuments(bytes));
  corpora.set(source, Promise.resolve(corpus));
  const own = [...corpora.keys()].filter((name) => name !== "names");
  if (own.length > 3) corpora.delete(own[0]!);
  return corpus;
}

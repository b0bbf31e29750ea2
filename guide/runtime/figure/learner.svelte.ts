/* What is the reader's: a word, and documents. Both stay in this browser; a link holds
   them where they are small. */
import { ask } from "./client.ts";
import { clean } from "../worker/data/documents.ts";
import { onHash, readHash, writeHash } from "./url.ts";
import { carry, store, stored } from "../page/storage.ts";

const LINKED = 2000; // characters of documents that a link may hold
const FIRST_WORD = "emma";
export const LONGEST_WORD = 60; // characters that figures read

class Learner {
  word = $state("");
  /** Whether the word was longer than figures read. */
  cut = $state(false);
  /** The text of the reader's documents; null for the built-in names. */
  text: string | null = $state(readHash("docs") ?? stored("documents"));
  /** How many documents that are. */
  count = $state(0);
  private given = 0;
  private told: { text: string; source: string; done: Promise<void> } | undefined;

  constructor() {
    this.read(readHash("word") ?? stored("word") ?? FIRST_WORD);
    this.fromLink();
    onHash(() => this.fromLink());
  }

  /** What a link brings goes with the reader from page to page, and is not kept. */
  private fromLink(): void {
    const word = readHash("word");
    if (word !== undefined) {
      this.read(word);
      carry("word", this.word);
    }
    const docs = readHash("docs");
    if (docs !== undefined) carry("documents", (this.text = docs));
  }

  private read(word: string): void {
    const characters = [...clean(word)];
    this.cut = characters.length > LONGEST_WORD;
    this.word = characters.slice(0, LONGEST_WORD).join("");
  }

  setWord(word: string): void {
    this.read(word);
    store("word", this.word);
    writeHash("word", this.word);
  }

  /** Reads documents from bytes; throws Refused, and then keeps those before. */
  async setDocuments(bytes: Uint8Array): Promise<void> {
    const source = `own-${++this.given}`;
    const read = await ask("documents", { source, bytes });
    const text = new TextDecoder().decode(bytes);
    this.told = { text, source, done: Promise.resolve() };
    this.count = read.documents;
    this.text = text;
    store("documents", text);
    writeHash("docs", text.length <= LINKED ? text : null);
  }

  useNames(): void {
    this.text = null;
    store("documents", null);
    writeHash("docs", null);
  }

  /** The documents in use, as the worker knows them: asked anew when they change. */
  async source(): Promise<string> {
    const { text } = this;
    if (text === null) return "names";
    if (this.told?.text !== text) {
      const source = `own-${++this.given}`;
      const bytes = new TextEncoder().encode(text);
      const done = ask("documents", { source, bytes }).then(
        (read) => void (this.count = read.documents),
        () => this.useNames(),
      );
      this.told = { text, source, done };
    }
    const { source, done } = this.told;
    await done;
    return this.text === null ? "names" : source;
  }

  /** What a link must hold of this. */
  get linked(): Record<string, string> {
    const kept: Record<string, string> = { word: this.word };
    if (this.text !== null && this.text.length <= LINKED) kept["docs"] = this.text;
    return kept;
  }
}

export const learner = new Learner();

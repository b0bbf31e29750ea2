/* What is the reader's: a word, and documents. Both stay in this browser; a link holds
   them where they are small. */
import { ask, Refused } from "./client.ts";
import { clean, DocumentsError, readDocuments } from "../worker/data/documents.ts";
import { onHash, readHash, writeHash } from "./url.ts";
import { carry, store, stored, storedForGood } from "../page/storage.ts";
import { FIRST_WORD, LONGEST_WORD, shortened } from "../page/word.ts";

const LINKED = 2000; // characters of documents that a link may hold

class Learner {
  word = $state("");
  /** Whether the word was longer than figures read. */
  cut = $state(false);
  /** The text of the reader's documents; null for the built-in names. */
  text: string | null = $state(stored("documents"));
  /** Whether a link brought them: then the reader's own lie kept behind them. */
  brought = $state(false);
  /** Whether this browser keeps them; if not they last as long as the page. */
  kept = $state(true);
  /** Why documents that a link brought, or that were kept, are not used. */
  refused: { from: "link" | "kept"; refusal: string } | null = $state(null);
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
    if (docs !== undefined) this.bring(docs);
    this.brought = this.text !== null && this.text !== storedForGood("documents");
  }

  /** Documents of a link are used where they can be read; else those before stay. */
  private bring(docs: string): void {
    this.refused = null;
    try {
      readDocuments(new TextEncoder().encode(docs));
    } catch (error) {
      if (!(error instanceof DocumentsError)) throw error;
      this.refused = { from: "link", refusal: error.refusal };
      writeHash("docs", null);
      return;
    }
    this.text = docs;
    this.kept = true;
    if (docs !== storedForGood("documents")) carry("documents", docs);
  }

  private read(word: string): void {
    this.cut = [...clean(word)].length > LONGEST_WORD;
    this.word = shortened(word);
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
    this.brought = false;
    this.refused = null;
    this.kept = store("documents", text);
    if (!this.kept) store("documents", null); // older ones never come back in their place
    writeHash("docs", text.length <= LINKED ? text : null);
  }

  /** Back to the reader's own where a link brought these, else to the built-in names. */
  goBack(): void {
    if (this.brought) carry("documents", null);
    else store("documents", null);
    this.refused = null;
    this.leave();
  }

  /** Whether the reader's own documents lie behind those of a link. */
  get ownBehind(): boolean {
    return this.brought && storedForGood("documents") !== null;
  }

  private leave(): void {
    this.text = this.brought ? storedForGood("documents") : null;
    this.brought = false;
    this.kept = true;
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
        (error: unknown) => this.refuse(error),
      );
      this.told = { text, source, done };
    }
    const { source, done } = this.told;
    await done;
    return this.text === null ? "names" : source;
  }

  /** Kept documents that can't be read are left where they are, and not used. */
  private refuse(error: unknown): void {
    this.told = undefined;
    if (!(error instanceof Refused)) throw error;
    this.refused = { from: "kept", refusal: error.refusal };
    this.leave();
  }

  /** Whether a link can hold all that is in use. */
  get travels(): boolean {
    return this.text === null || this.text.length <= LINKED;
  }

  /** What a link must hold of this. */
  get linked(): Record<string, string> {
    const kept: Record<string, string> = { word: this.word };
    if (this.text !== null && this.travels) kept["docs"] = this.text;
    return kept;
  }
}

export const learner = new Learner();

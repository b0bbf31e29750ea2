/* Questions: judged by answers that were worked out when the page was made. */
import { store, stored, storedJson } from "./storage.ts";
import { predicted } from "./predicted.ts";
import { knownAs } from "../worker/data/documents.ts";
import { words } from "./words.ts";

function readersWord(): string {
  const hash = location.hash.slice(1);
  const given = hash.includes("=") ? new URLSearchParams(hash).get("word") : null;
  return given ?? stored("word") ?? "emma";
}

function keyOf(word: string, each: string): string {
  const letters = [...word];
  if (each === "first") return letters[0] ?? "";
  if (each === "last") return letters[letters.length - 1] ?? "";
  if (each === "distinct") return String(new Set(letters).size);
  return each === "length" ? String(letters.length) : "";
}

/** Why a question has no answer for a word; nothing where it has one. */
function lacking(word: string, each: string, known: string, answered: boolean): string {
  const strange = !word || [...word].some((letter) => !known.includes(letter));
  if (each && strange) return words.no_answer;
  return answered ? "" : words.too_long;
}

/** Whether an answer is right; where several are, ` / ` stands between them. */
function same(given: string, answer: string, within: number): boolean {
  const plain = (text: string): string => text.trim().toLowerCase().replaceAll(",", "");
  const several = answer.split(" / ");
  if (several.length > 1 && several.some((one) => same(given, one, within))) return true;
  const [a, b] = [plain(given), plain(answer)];
  if (a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  return a !== "" && b !== "" && Math.abs(x - y) <= within + 1e-12;
}

type Answers = Record<string, [answer: string, working: string]>;

class Question {
  private shown = ""; // the word that it was asked for
  private wrong = ""; // the answer that was wrong, and got the hint
  private readonly answers: Answers;
  private readonly each: string;
  private readonly known: string;

  constructor(
    private readonly card: HTMLElement,
    private readonly form: HTMLFormElement,
    private readonly field: HTMLInputElement,
    private readonly verdict: HTMLElement,
    private readonly working: HTMLElement,
  ) {
    const { answers, each, letters } = form.dataset;
    this.answers = JSON.parse(answers ?? "{}") as Answers;
    this.each = each ?? "";
    this.known = letters ?? "";
  }

  /** The question and its working for the reader's word, if that is another one now. */
  show(): void {
    const word = this.readable(readersWord());
    if (word === this.shown) return;
    this.shown = word;
    const { card, verdict, working } = this;
    const key = keyOf(word, this.each);
    for (const place of card.querySelectorAll("[data-word]")) place.textContent = word;
    for (const place of card.querySelectorAll("[data-key]")) place.textContent = key;
    const { found, why } = this.answer();
    if (found) working.innerHTML = found[1];
    else working.textContent = why;
    verdict.textContent = "";
    this.wrong = "";
    delete verdict.dataset["right"];
  }

  /** A word in the letters that the question knows: the other case where only that is. */
  private readable(word: string): string {
    const known = new Set(this.known);
    return [...word].map((letter) => knownAs(letter, known) ?? letter).join("");
  }

  judge(): void {
    this.show();
    const { form, field, verdict } = this;
    const given = field.value;
    const { found, why } = this.answer();
    delete verdict.dataset["right"];
    if (!found) verdict.textContent = why;
    else if (!given.trim()) verdict.textContent = words.empty;
    else {
      const right = same(given, found[0], Number(form.dataset["within"] ?? 0));
      verdict.dataset["right"] = String(right);
      verdict.innerHTML = right
        ? `<strong>${words.right}</strong> ${found[1]}`
        : `${words.wrong} ${this.hint(given) ?? found[1]}`;
      this.keep(given, right);
      predicted(this.card, given, right);
    }
  }

  /** The hint for the first answer that is wrong; nothing for a second one. */
  private hint(given: string): string | undefined {
    if (this.wrong && this.wrong !== given) return undefined;
    this.wrong = given;
    return this.card.querySelector(".hint-said")?.innerHTML;
  }

  /** The answer for the word, or why there is none. */
  private answer(): { found?: [string, string] | undefined; why: string } {
    const found = this.answers[keyOf(this.shown, this.each)];
    const why = lacking(this.shown, this.each, this.known, found !== undefined);
    return why ? { why } : { found, why };
  }

  private keep(given: string, right: boolean): void {
    const number = this.card.querySelector("h2")?.id.match(/\d+$/)?.[0];
    const name = location.pathname + (number ? `#${number}` : "");
    const all = storedJson<Record<string, unknown>>("answered", {});
    store("answered", JSON.stringify({ ...all, [name]: { given, right } }));
  }
}

function question(card: HTMLElement): void {
  const form = card.querySelector("form");
  const field = card.querySelector("input");
  const verdict = card.querySelector<HTMLElement>(".verdict");
  const working = card.querySelector<HTMLElement>(".working");
  if (!form || !field || !verdict || !working) return;
  const asked = new Question(card, form, field, verdict, working);
  const show = (): void => asked.show();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    asked.judge();
  });
  show();
  addEventListener("hashchange", show);
  addEventListener("storage", show);
  // a figure on this page may change the word
  document.addEventListener("input", () => window.setTimeout(show, 400));
  document.addEventListener("focusin", show);
}

export function questions(): void {
  document.querySelectorAll<HTMLElement>(".question").forEach(question);
}

/* Questions: judged by answers that were worked out when the page was made. */
import { store, stored, storedJson } from "../storage.ts";
import { predicted, unpredicted } from "./predicted.ts";
import { FIRST_WORD, readAs, shortened } from "../word.ts";
import { words } from "../words.ts";

function readersWord(): string {
  const hash = location.hash.slice(1);
  const given = hash.includes("=") ? new URLSearchParams(hash).get("word") : null;
  return shortened(given ?? stored("word") ?? FIRST_WORD);
}

function keyOf(word: string, each: string): string {
  const letters = [...word];
  if (each === "first") return letters[0] ?? "";
  if (each === "last") return letters[letters.length - 1] ?? "";
  if (each === "distinct") return String(new Set(letters).size);
  if (each === "repeats") return String(letters.filter((one) => one === letters[0]).length);
  return each === "length" ? String(letters.length) : "";
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
  private typed: string | undefined; // the word as it was when it was asked
  private word: string | undefined; // the same in the letters of the names
  private wrong = ""; // the answer that was wrong, and got the hint
  private readonly answers: Answers;
  private readonly each: string;
  private readonly known: Set<string>;
  private readonly ofWord: boolean;

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
    this.known = new Set(letters);
    this.ofWord = card.querySelector(".ask [data-word], .ask [data-key]") !== null;
  }

  /** The question and its working for the reader's word, if that is another one now. */
  show(): void {
    const typed = readersWord();
    if (typed === this.typed) return;
    const word = readAs(typed, this.known);
    this.typed = typed;
    this.sayHowItIsRead(typed, word);
    if (word !== this.word) this.ask(word);
  }

  private ask(word: string): void {
    this.word = word;
    const { card, verdict, working } = this;
    const key = keyOf(word, this.each);
    for (const place of card.querySelectorAll("[data-word]")) place.textContent = word;
    for (const place of card.querySelectorAll("[data-key]")) place.textContent = key;
    working.innerHTML = this.answer?.[1] ?? "";
    verdict.textContent = "";
    this.wrong = "";
    delete verdict.dataset["right"];
    unpredicted(card);
  }

  /** Says so where a word is read otherwise than it was typed, or nothing is left of it. */
  private sayHowItIsRead(typed: string, word: string): void {
    const read = this.card.querySelector<HTMLElement>(".ask-read");
    const none = this.card.querySelector<HTMLElement>(".ask-none");
    if (!this.ofWord || !read || !none) return;
    this.card.classList.toggle("unasked", !word);
    none.hidden = word !== "";
    read.hidden = !word || word === typed;
    const says = read.dataset["says"] ?? "";
    // a function, for a word may hold what a pattern of replace means
    read.textContent = says.replace(/\{(typed|word)\}/g, (_, which: string) =>
      which === "typed" ? typed : word,
    );
  }

  judge(): void {
    this.show();
    const { answer, form, field, verdict } = this;
    if (!answer) return;
    const given = field.value;
    delete verdict.dataset["right"];
    if (!given.trim()) verdict.textContent = words.empty;
    else {
      const right = same(given, answer[0], Number(form.dataset["within"] ?? 0));
      verdict.dataset["right"] = String(right);
      verdict.innerHTML = right
        ? `<strong>${words.right}</strong> ${answer[1]}`
        : `${words.wrong} ${this.hint(given) ?? answer[1]}`;
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

  /** The answer for the word and its working. */
  private get answer(): [answer: string, working: string] | undefined {
    return this.answers[keyOf(this.word ?? "", this.each)];
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

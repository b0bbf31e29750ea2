/* What a page does besides its figures: search, keys, theme, lit lines, questions. */
import { finishing, inside, mapping, pagesRead } from "./filemap.ts";
import { store, stored, storedJson } from "./storage.ts";
import { glossaryCards } from "./glossary.ts";

interface Words {
  right: string;
  wrong: string;
  no_answer: string;
  too_long: string;
  empty: string;
  copied: string;
  not_copied: string;
  lesson_read: string;
}
type Entry = [
  path: string,
  place: string,
  title: string,
  id: string,
  heading: string,
  text: string,
  /** What is explained there. */
  terms: string[],
];

const root = document.documentElement;
const words = JSON.parse(find("gg-words")?.textContent ?? "{}") as Words;
const SHOWN = 12;

function find(id: string): HTMLElement | null {
  return document.getElementById(id);
}

// the theme: as the system has it, light, dark

function themes(button: HTMLButtonElement): void {
  const order = ["auto", "light", "dark"] as const;
  const show = (): void => {
    const now = root.dataset["theme"] ?? "auto";
    const said = button.querySelector("span");
    if (said) said.textContent = button.dataset[now] ?? now;
  };
  button.addEventListener("click", () => {
    const now = order.findIndex((name) => name === (root.dataset["theme"] ?? "auto"));
    const next = order[(now + 1) % order.length] ?? "auto";
    if (next === "auto") delete root.dataset["theme"];
    else root.dataset["theme"] = next;
    store("theme", next === "auto" ? null : next);
    show();
  });
  show();
}

// search: the index comes when it is first asked for

let index: Promise<Entry[]> | undefined;

function entries(): Promise<Entry[]> {
  const address = new URL(`${root.dataset["root"] ?? "/"}search.json`, location.href);
  return (index ??= fetch(address).then((answer) => answer.json() as Promise<Entry[]>));
}

/** Where a term is explained comes first, then its line in the glossary, then what is
    called so, then what only mentions it. */
function score(entry: Entry, terms: string[]): number {
  const [path, place, title, id, heading, text] = entry
    .slice(0, 6)
    .map((part) => (part as string).toLowerCase()) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const explains = entry[6].map((term) => term.toLowerCase());
  const listed = path === "/glossary/" && id.startsWith("term-");
  let total = 0;
  for (const term of terms) {
    const here =
      (explains.some((one) => one === term || one === `${term}s` || `${one}s` === term) ? 100 : 0) +
      (explains.some((one) => one.startsWith(term)) ? 20 : 0) +
      (listed && heading === term ? 50 : 0) +
      (listed && heading.startsWith(term) ? 16 : 0) +
      (heading === term ? 12 : 0) +
      (title.includes(term) ? 8 : 0) +
      (heading.includes(term) ? 6 : 0) +
      (place === term ? 120 : 0) +
      (text.includes(term) ? 2 : 0);
    if (!here) return 0;
    total += here;
  }
  return total;
}

/** The text around the first term, that term marked. */
function around(text: string, term: string): (string | Node)[] {
  const at = text.toLowerCase().indexOf(term);
  if (at < 0) return [text.slice(0, 110)];
  const mark = document.createElement("mark");
  mark.textContent = text.slice(at, at + term.length);
  const start = Math.max(0, at - 50);
  return [
    (start ? "…" : "") + text.slice(start, at),
    mark,
    text.slice(at + term.length, at + term.length + 70),
  ];
}

function searching(dialog: HTMLDialogElement): void {
  const field = find("search-for") as HTMLInputElement;
  const list = find("search-found");
  const said = find("search-said");
  if (!list || !said) return;
  let asked = 0;
  const look = async (): Promise<void> => {
    const turn = ++asked;
    const terms = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = await entries();
    if (turn !== asked) return;
    const found = terms.length
      ? all
          .map((entry) => ({ entry, score: score(entry, terms) }))
          .filter((one) => one.score > 0)
          .sort((a, b) => b.score - a.score)
      : [];
    said.textContent = !terms.length
      ? ""
      : found.length
        ? (dialog.dataset["found"] ?? "").replace("{count}", String(found.length))
        : (dialog.dataset["none"] ?? "").replace("{query}", field.value);
    list.replaceChildren(
      ...found.slice(0, SHOWN).map(({ entry }) => {
        const [path, place, title, id, heading, text] = entry;
        const item = document.createElement("li");
        const link = document.createElement("a");
        const address = `${root.dataset["root"] ?? "/"}${path.slice(1)}`;
        link.href = address + (id ? `#${id}` : "");
        link.addEventListener("click", () => dialog.close());
        const name = document.createElement("b");
        name.textContent = `${place} ${heading || title}`.trim();
        const more = document.createElement("span");
        more.append(...around(text, terms[0] ?? ""));
        link.append(name, more);
        item.append(link);
        return item;
      }),
    );
  };
  field.addEventListener("input", () => void look());
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    list.querySelector("a")?.click();
  });
}

function openSearch(): void {
  const dialog = find("search") as HTMLDialogElement | null;
  if (!dialog || dialog.open) return;
  void entries();
  dialog.showModal();
  find("search-for")?.focus();
}

// a file that misses its box would take the page's place

function dropped(event: DragEvent): void {
  if (!event.dataTransfer?.types.includes("Files") || event.defaultPrevented) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
  if (event.type !== "drop" && event.type !== "dragenter") return;
  const hint = find("drop-hint");
  if (!hint || !hint.hidden) return;
  hint.hidden = false;
  window.setTimeout(() => (hint.hidden = true), 6000);
}

// keys: previous, next, search

function keys(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target as Element;
  if (document.querySelector("dialog[open]") || at.closest("input, textarea, select")) return;
  if (event.key === "/") {
    event.preventDefault();
    openSearch();
    return;
  }
  if (at.closest(".gg-figure, pre, .scroll, [tabindex], summary")) return;
  const near = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (near && !event.shiftKey)
    document.querySelector<HTMLAnchorElement>(`.near a[rel="${near}"]`)?.click();
}

// a meaning and its fragment light up together

function lighting(reading: Element): void {
  const light = (number: string | undefined): void => {
    for (const one of reading.querySelectorAll<HTMLElement>("[data-f]"))
      one.classList.toggle("lit", number !== undefined && one.dataset["f"] === number);
  };
  const over = (event: Event): void =>
    light((event.target as Element).closest<HTMLElement>("[data-f]")?.dataset["f"]);
  reading.addEventListener("pointerover", over);
  reading.addEventListener("focusin", over);
  reading.addEventListener("click", over);
  reading.addEventListener("pointerleave", () => light(undefined));
  reading.addEventListener("focusout", () => light(undefined));
}

// questions: judged by answers that were worked out when the page was made

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

function same(given: string, answer: string, within: number): boolean {
  const plain = (text: string): string => text.trim().toLowerCase().replaceAll(",", "");
  const [a, b] = [plain(given), plain(answer)];
  if (a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  return a !== "" && b !== "" && Math.abs(x - y) <= within + 1e-12;
}

function question(card: HTMLElement): void {
  const form = card.querySelector("form");
  const verdict = card.querySelector<HTMLElement>(".verdict");
  const working = card.querySelector<HTMLElement>(".working");
  const field = card.querySelector("input");
  if (!form || !verdict || !working || !field) return;
  const answers = JSON.parse(form.dataset["answers"] ?? "{}") as Record<string, [string, string]>;
  const each = form.dataset["each"] ?? "";
  const known = form.dataset["letters"] ?? "";
  const number = card.querySelector("h2")?.id.match(/\d+$/)?.[0];
  const name = location.pathname + (number ? `#${number}` : "");
  let shown = "";
  const show = (): void => {
    const word = readersWord();
    if (word === shown) return;
    shown = word;
    for (const place of card.querySelectorAll("[data-word]")) place.textContent = word;
    for (const place of card.querySelectorAll("[data-key]")) place.textContent = keyOf(word, each);
    const found = answers[keyOf(word, each)];
    const why = lacking(word, each, known, found !== undefined);
    if (why) working.textContent = why;
    else working.innerHTML = found![1];
    verdict.textContent = "";
    delete verdict.dataset["right"];
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
    const found = answers[keyOf(shown, each)];
    const given = field.value;
    delete verdict.dataset["right"];
    const why = lacking(shown, each, known, found !== undefined);
    if (why || !found) verdict.textContent = why;
    else if (!given.trim()) verdict.textContent = words.empty;
    else {
      const right = same(given, found[0], Number(form.dataset["within"] ?? 0));
      verdict.dataset["right"] = String(right);
      verdict.innerHTML = `${right ? words.right : words.wrong} ${found[1]}`;
      const all = storedJson<Record<string, unknown>>("answers", {});
      store("answers", JSON.stringify({ ...all, [name]: { given, right } }));
    }
  });
  show();
  addEventListener("hashchange", show);
  addEventListener("storage", show);
  // a figure on this page may change the word
  document.addEventListener("input", () => window.setTimeout(show, 400));
  document.addEventListener("focusin", show);
}

// the part of the page that is being read

function reading(toc: Element): void {
  const links = new Map<string, Element>();
  for (const link of toc.querySelectorAll("a")) links.set(link.hash.slice(1), link);
  const seen = new IntersectionObserver(
    (found) => {
      for (const { target, isIntersecting } of found)
        if (isIntersecting) {
          for (const link of links.values()) link.removeAttribute("aria-current");
          links.get(target.id)?.setAttribute("aria-current", "true");
        }
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const heading of document.querySelectorAll("article h2[id]")) seen.observe(heading);
}

/** The lessons of a step that were read say so. */
function lessonsRead(list: Element): void {
  const all = pagesRead();
  for (const link of list.querySelectorAll("a")) {
    if (!all.has(inside(link.pathname))) continue;
    const said = document.createElement("small");
    said.textContent = words.lesson_read;
    link.append(" ", said);
  }
}

/** A picture is shown once it has its numbers, so that nothing in it jumps. */
function showing(figure: HTMLElement): void {
  const watch = new MutationObserver(() => {
    if (figure.dataset["state"] === "busy") return;
    figure.dataset["shown"] = "";
    watch.disconnect();
  });
  watch.observe(figure, { attributeFilter: ["data-state"] });
}

function copying(button: HTMLButtonElement): void {
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", () => {
    const lines = [...(find(button.dataset["copy"] ?? "")?.querySelectorAll(".line") ?? [])];
    const text = lines.map((line) => line.textContent).join("");
    void navigator.clipboard
      .writeText(text)
      .then(() => (button.textContent = words.copied))
      .catch(() => (button.textContent = words.not_copied))
      .then(() => window.setTimeout(() => (button.textContent = label), 2000));
  });
}

/** The page's checks, in this browser: what does them is fetched when it is asked for. */
function verifying(place: HTMLElement): void {
  const button = place.querySelector("button");
  if (!button) return;
  place.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    void import("../../verify/open.ts").then(({ open }) => open(place));
  });
}

/** Code that can be run: the editor and Python are fetched when they are asked for. */
function running(box: HTMLElement): void {
  for (const button of box.querySelectorAll<HTMLButtonElement>("[data-do]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      button.disabled = true;
      void import("../../editor/open.ts").then(({ open }) =>
        open(box, button.dataset["do"] === "change"),
      );
    });
  }
}

const theme = find("theme") as HTMLButtonElement | null;
if (theme) themes(theme);
const dialog = find("search") as HTMLDialogElement | null;
if (dialog) searching(dialog);
find("search-open")?.addEventListener("click", openSearch);
document.addEventListener("keydown", keys);
for (const type of ["dragenter", "dragover", "drop"] as const)
  document.addEventListener(type, dropped);
document.querySelectorAll(".reading").forEach(lighting);
document.querySelectorAll<HTMLElement>(".question").forEach(question);
document.querySelectorAll<HTMLElement>(".gg-figure > [props]").forEach(showing);
document.querySelectorAll<HTMLButtonElement>("button.copy").forEach(copying);
document.querySelectorAll<HTMLElement>(".run").forEach(running);
document.querySelectorAll<HTMLElement>(".verify").forEach(verifying);
document.querySelectorAll(".lessons").forEach(lessonsRead);
const toc = document.querySelector(".toc");
if (toc) reading(toc);
const end = document.querySelector(".near");
if (end) finishing(end);
glossaryCards(document.querySelectorAll<HTMLAnchorElement>("a.term"));
document.querySelectorAll(".filemap").forEach(mapping);

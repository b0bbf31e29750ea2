/* Search: a dialog with a field and what was found. Index and finder come when it opens. */
import type { Found } from "./search-index.ts";
import { find, inSite } from "../words.ts";

const SHOWN = 12;
const AROUND = [50, 70] as const; // characters before and after a word in its text
const START = 110; // characters where no word stands in the text

type Finder = (query: string) => Found[];

let finder: Promise<Finder> | undefined;

function theFinder(): Promise<Finder> {
  finder ??= load();
  finder.catch(() => (finder = undefined)); // so that it is tried again
  return finder;
}

async function load(): Promise<Finder> {
  const [{ searchIndex }, answer] = await Promise.all([
    import("./search-index.ts"),
    fetch(inSite("search.json")),
  ]);
  return searchIndex(await answer.json());
}

/** The text around the first word that was meant, that word marked. */
function around(text: string, words: string[]): (string | Node)[] {
  const low = text.toLowerCase();
  const word = words.find((each) => low.includes(each));
  if (!word) return [text.slice(0, START)];
  const at = low.indexOf(word);
  const end = at + word.length;
  const mark = document.createElement("mark");
  mark.textContent = text.slice(at, end);
  const start = Math.max(0, at - AROUND[0]);
  return [(start ? "…" : "") + text.slice(start, at), mark, text.slice(end, end + AROUND[1])];
}

/** What kind of page it is: a lesson with its title, or a page by its own. */
function kind(dialog: HTMLElement, place: string, title: string): string {
  return place ? `${dialog.dataset["lesson"]} ${place} · ${title}` : title;
}

function line(
  dialog: HTMLElement,
  { entry: [path, place, title, id, heading, text], words }: Found,
): HTMLElement {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = inSite(path.slice(1)).href + (id ? `#${id}` : "");
  const name = document.createElement("b");
  name.textContent = `${place} ${heading || title}`.trim();
  const page = document.createElement("small");
  page.textContent = kind(dialog, place, title);
  const more = document.createElement("span");
  more.append(...around(text, words));
  link.append(name, " ", page, more);
  item.append(link);
  return item;
}

/** How many were found, in words. */
function said(dialog: HTMLElement, query: string, count: number): string {
  if (!query.trim()) return "";
  if (count) return (dialog.dataset["found"] ?? "").replace("{count}", String(count));
  return (dialog.dataset["none"] ?? "").replace("{query}", query);
}

/** Up and down through the field and what was found. */
function walk(event: KeyboardEvent, field: HTMLElement, list: HTMLElement): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  const stops = [field, ...list.querySelectorAll("a")];
  const at = stops.indexOf(event.target as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  stops[Math.min(Math.max(at + by, 0), stops.length - 1)]!.focus();
}

export function openSearch(): void {
  const dialog = find("search") as HTMLDialogElement | null;
  if (!dialog || dialog.open) return;
  void theFinder();
  dialog.showModal();
  const field = find("search-for") as HTMLInputElement | null;
  field?.focus();
  field?.select(); // what was looked for last may stay, or be written over
}

export function search(): void {
  const dialog = find("search") as HTMLDialogElement | null;
  const field = find("search-for") as HTMLInputElement | null;
  const [list, status] = [find("search-found"), find("search-said")];
  if (!dialog || !field || !list || !status) return;
  const look = async (): Promise<void> => {
    const found = (await theFinder())(field.value);
    status.textContent = said(dialog, field.value, found.length);
    list.replaceChildren(...found.slice(0, SHOWN).map((one) => line(dialog, one)));
  };
  find("search-open")?.addEventListener("click", openSearch);
  field.addEventListener("input", () => void look());
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault(); // else the first Escape only empties the field
    if (event.key === "Escape") dialog.close();
    else list.querySelector("a")?.click();
  });
  dialog.addEventListener("keydown", (event) => walk(event, field, list));
  list.addEventListener("click", (event) => {
    if ((event.target as Element).closest("a")) dialog.close();
  });
}

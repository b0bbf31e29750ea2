/* The page that shows what this browser keeps: export, import, one reset. */
import { everything, storedJson, read, replace, KEYS, type Stored, type Key } from "./storage.ts";

const said = document.getElementById("yours-said")!;
const undo = document.querySelector<HTMLButtonElement>("#yours-undo")!;
const shown = document.getElementById("yours")!;
let before: Stored | null = null;

const words = (name: string): string => shown.dataset[name] ?? "";

/** How many letters were guessed in all games that are kept. */
const guessed = (): number =>
  Object.values(storedJson<Record<string, unknown>>("guesses", {})).flat(1).flat(1).length;

function amount(key: Key, value: string): string {
  const many = (name: string, count: number): string => words(name).replace("{n}", String(count));
  if (key === "documents") return many("lines", value.split("\n").filter((l) => l.trim()).length);
  if (key === "guesses") return many("count", guessed());
  if (key === "answered") return many("count", Object.keys(storedJson("answered", {})).length);
  if (key === "lessons") return many("count", storedJson<string[]>("lessons", []).length);
  return key === "theme" ? words(value) : value;
}

function show(): void {
  const { kept } = everything();
  for (const key of KEYS) {
    const value = kept[key];
    const cell = shown.querySelector(`[data-kept="${key}"]`);
    if (cell) cell.textContent = value === undefined ? words("nothing") : amount(key, value);
  }
  const theme = kept.theme;
  const { dataset } = document.documentElement;
  if (theme === "light" || theme === "dark") dataset["theme"] = theme;
  else delete dataset["theme"];
}

function put(all: Stored, done: string): void {
  const now = everything();
  if (!replace(all)) {
    said.textContent = words("large");
    return;
  }
  before = now;
  said.textContent = words(done);
  undo.hidden = false;
  show();
}

document.getElementById("yours-export")!.addEventListener("click", () => {
  const file = new Blob([JSON.stringify(everything(), null, 1)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "glassgpt.json";
  link.click();
  URL.revokeObjectURL(link.href);
  said.textContent = words("exported");
});

document.getElementById("yours-import")!.addEventListener("change", (event) => {
  const field = event.currentTarget as HTMLInputElement;
  const [file] = field.files ?? [];
  if (!file) return;
  void file.text().then((text) => {
    const found = read(text);
    if (!found) said.textContent = words("refused");
    else if (Object.keys(found.kept).length) put(found, "imported");
    else said.textContent = words("empty");
    field.value = "";
  });
});

document.getElementById("yours-reset")!.addEventListener("click", () => {
  put({ glassgpt: 1, kept: {} }, "removed");
});

undo.addEventListener("click", () => {
  if (!before) return;
  replace(before);
  before = null;
  undo.hidden = true;
  said.textContent = words("undone");
  show();
  document.getElementById("yours-reset")!.focus();
});

addEventListener("storage", show);
addEventListener("pageshow", show);
show();

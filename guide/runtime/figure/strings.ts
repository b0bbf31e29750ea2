/* The words of the interface: from the page, in its language, never from the code. */

let words: Record<string, string> | undefined;

function load(): Record<string, string> {
  const found = document.getElementById("gg-strings")?.textContent;
  return (words ??= found ? (JSON.parse(found) as Record<string, string>) : {});
}

/** The text of that key, with {names} replaced. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = load()[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}

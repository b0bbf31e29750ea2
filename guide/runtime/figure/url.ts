/* State in the address, after '#': `table.row=a&word=emma`. What is there wins over what
   this browser keeps, so a link shows what its sender saw. */

const WRITE_EVERY = 250; // ms at least; browsers refuse more than a few hundred a minute

let values = parse();
let due: number | undefined;
let written = -WRITE_EVERY;
const listeners = new Set<() => void>();

function parse(): Map<string, string> {
  const text = location.hash.slice(1);
  // a plain anchor is a place on the page, and no state
  return new Map(text.includes("=") ? new URLSearchParams(text) : []);
}

addEventListener("hashchange", () => {
  values = parse();
  for (const listener of listeners) listener();
});

/** Hear of every change of the address that was not made here. */
export function onHash(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const readHash = (key: string): string | undefined => values.get(key);

/** Keeps a value in the address; null takes it away. */
export function writeHash(key: string, value: string | null): void {
  if (value === null) values.delete(key);
  else values.set(key, value);
  const rest = Math.max(0, written + WRITE_EVERY - performance.now());
  due ??= window.setTimeout(() => {
    due = undefined;
    written = performance.now();
    const text = hashText(values);
    const anchor = location.hash.includes("=") ? "" : location.hash;
    const hash = text ? `#${text}` : anchor;
    history.replaceState(history.state, "", location.pathname + location.search + hash);
  }, rest);
}

function hashText(entries: Iterable<[string, string]>): string {
  return new URLSearchParams([...entries]).toString();
}

/** A link to this page, or another, with the state of one figure and what all share. */
export function linkTo(id: string, shared: Record<string, string>, path?: string): string {
  const kept = [...values].filter(([key]) => key.startsWith(`${id}.`));
  const text = hashText([...kept, ...Object.entries(shared)]);
  const base = path ?? location.pathname + location.search;
  return new URL(base, location.href).href.split("#")[0] + (text ? `#${text}` : `#${id}`);
}

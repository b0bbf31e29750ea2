/* What the page was given to say, and where its parts are. */

interface Words {
  right: string;
  wrong: string;
  predicted_right: string;
  predicted_wrong: string;
  empty: string;
  copied: string;
  not_copied: string;
  lesson_read: string;
}

export const find = (id: string): HTMLElement | null => document.getElementById(id);

export const words = JSON.parse(find("gg-words")?.textContent ?? "{}") as Words;

/** The address of something inside the site, wherever that lies. */
export function inSite(path: string): URL {
  return new URL((document.documentElement.dataset["root"] ?? "/") + path, location.href);
}

/* A list that scrolls inside keeps what is chosen whole in view, and the page where it is. */

export function follow(list: HTMLElement | undefined, chosen: string): void {
  const item = list?.querySelector<HTMLElement>(chosen);
  if (!list || !item) return;
  const [outer, inner] = [list.getBoundingClientRect(), item.getBoundingClientRect()];
  if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom;
  else if (inner.top < outer.top) list.scrollTop -= outer.top - inner.top;
}

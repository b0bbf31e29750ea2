/* A figure as a custom element: it mounts when it nears the view. */
import { mount, unmount, type Component } from "svelte";
import "../../style/figures.css";

/** What a table of numbers looks like, as data: for CSV, for screen readers, for tests. */
export interface Table {
  columns: string[];
  rows: (string | number)[][];
}

export interface FigureElement extends HTMLElement {
  table?: Table;
}

/** What every figure is given. */
export interface Given<P = Record<string, unknown>> {
  id: string;
  name: string;
  host: FigureElement;
  props: P;
}

const NEAR = "300px";

export function defineFigure(name: string, component: Component<Given>): void {
  const tag = `gg-${name}`;
  if (customElements.get(tag)) return;
  class Figure extends HTMLElement implements FigureElement {
    table?: Table;
    private mounted: object | undefined;
    private watch: IntersectionObserver | undefined;

    connectedCallback(): void {
      this.watch = new IntersectionObserver(
        ([entry]) => {
          // in a task of its own, also where several come near at once
          if (entry?.isIntersecting) setTimeout(() => this.show());
        },
        { rootMargin: NEAR },
      );
      this.watch.observe(this);
    }

    disconnectedCallback(): void {
      this.watch?.disconnect();
      if (this.mounted) void unmount(this.mounted);
      this.mounted = undefined;
    }

    private show(): void {
      this.watch?.disconnect();
      if (this.mounted || !this.isConnected) return;
      const id = this.closest("figure")?.id || this.id || name;
      const props = JSON.parse(this.getAttribute("props") || "{}") as Record<string, unknown>;
      this.replaceChildren();
      this.mounted = mount(component, { target: this, props: { id, name, host: this, props } });
    }
  }
  customElements.define(tag, Figure);
}

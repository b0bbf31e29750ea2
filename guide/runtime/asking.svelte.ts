/* A question that a figure asks again whenever its controls or the documents change. */
import { Latest } from "./client.ts";
import type { Jobs } from "./jobs.ts";
import { reader } from "./reader.svelte.ts";

type Input<K extends keyof Jobs> = Parameters<Jobs[K]>[0];
type Output<K extends keyof Jobs> = Awaited<ReturnType<Jobs[K]>>;

export class Asking<K extends keyof Jobs> {
  result: Output<K> | undefined = $state.raw();
  /** What was told before the end. */
  piece: unknown = $state.raw();
  busy = $state(false);
  error = $state("");
  private readonly latest = new Latest();
  private asked = 0;

  constructor(private readonly job: K) {}

  /** Asks; what was asked before and is not answered yet is given up. */
  async ask(input: (source: string) => Input<K>, pieces = false): Promise<void> {
    const mine = ++this.asked;
    this.busy = true;
    this.error = "";
    const text = reader.text;
    try {
      const source = text === null ? "names" : await reader.source();
      if (mine !== this.asked) return;
      const tell = (piece: unknown): void => {
        if (mine === this.asked) this.piece = piece;
      };
      const found = await this.latest.ask(this.job, input(source), pieces ? tell : undefined);
      if (mine !== this.asked || found === undefined) return;
      this.result = found;
      this.piece = undefined;
      this.busy = false;
    } catch (error) {
      if (mine !== this.asked) return;
      this.error = error instanceof Error ? error.message : String(error);
      this.busy = false;
    }
  }

  stop(): void {
    this.asked++;
    this.busy = false;
    this.latest.stop();
  }
}

/* A question that a figure asks again whenever its controls or the documents change. */
import { Latest } from "./client.ts";
import type { Jobs } from "../worker/jobs/index.ts";
import { learner } from "./learner.svelte.ts";

const PATIENCE = 200; // ms

type Input<K extends keyof Jobs> = Parameters<Jobs[K]>[0];
type Output<K extends keyof Jobs> = Awaited<ReturnType<Jobs[K]>>;

export class Query<K extends keyof Jobs> {
  result: Output<K> | undefined = $state.raw();
  /** What was told before the end. */
  piece: unknown = $state.raw();
  busy = $state(false);
  error = $state("");
  private readonly latest = new Latest();
  private next: { input: (source: string) => Input<K>; pieces: boolean } | undefined;
  private running = false;
  private since = 0;
  private stops = 0;

  constructor(private readonly job: K) {}

  /** Asks. A question on its way may still be answered, so that a slider that is dragged
      shows something; one that takes long is given up. Of those that wait the last counts. */
  ask(input: (source: string) => Input<K>, pieces = false): void {
    void learner.text; // another text is another question
    this.next = { input, pieces };
    this.busy = true;
    this.error = "";
    if (!this.running) void this.answer();
    else setTimeout(() => this.hurry(), PATIENCE - (performance.now() - this.since));
  }

  stop(): void {
    this.stops++;
    this.next = undefined;
    this.busy = false;
    this.latest.stop();
  }

  /** Nothing is asked any more, and the last answer is to nothing that is asked now. */
  forget(): void {
    if (this.busy) this.stop();
    this.result = undefined;
  }

  private hurry(): void {
    if (this.next && performance.now() - this.since >= PATIENCE) this.latest.stop();
  }

  private async answer(): Promise<void> {
    this.running = true;
    while (this.next) {
      const { input, pieces } = this.next;
      const stops = this.stops;
      this.next = undefined;
      this.piece = undefined;
      this.since = performance.now();
      const tell = (piece: unknown): void => {
        if (stops === this.stops) this.piece = piece;
      };
      try {
        const source = await learner.source();
        const asked = this.latest.ask(this.job, input(source), pieces ? tell : undefined);
        const found = await asked;
        if (found === undefined || stops !== this.stops) continue;
        this.result = found;
        this.piece = undefined;
      } catch (error) {
        if (!this.next) this.error = error instanceof Error ? error.message : String(error);
      }
    }
    this.running = false;
    this.busy = false;
  }
}

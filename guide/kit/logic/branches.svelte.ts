/* The two lines of a training that can be compared: what was planned for each, kept in
   the figure's controls. */
import type { Controls } from "../../runtime/figure/controls.svelte.ts";
import type { Asked, Step } from "../../runtime/worker/data/record.ts";
import {
  changed,
  changesOf,
  changesText,
  ratesOf,
  ratesText,
  thirdsOf,
  rateAt,
  type Rates,
} from "./rates.ts";

const BACK = 10; // snapshots, one after each step

export class RateBranches {
  constructor(
    private readonly dial: Controls,
    private readonly step: Step,
    private readonly numSteps: number,
  ) {}

  /** The line that goes on. */
  get now(): Rates {
    return { rate: this.dial.number("rate"), changes: changesOf(this.dial.text("changes")) };
  }

  /** The line to compare it with. */
  get other(): Rates | null {
    return ratesOf(this.dial.text("other"));
  }

  asked(rates: Rates, source: string, seed: number): Asked {
    const { step, numSteps } = this;
    return { step, source, seed, numSteps, learningRate: rates.rate, changes: rates.changes };
  }

  /** Whether a new rate holds from here on, and not from the first step. */
  midway(at: number, diverged: number | null): boolean {
    return at > 0 && at < this.numSteps && diverged === null;
  }

  rateAt(step: number): number {
    return rateAt(this.now, step);
  }

  /** The step from which another rate would hold: here, or where the last one began. */
  from(at: number, diverged: number | null): number {
    return this.midway(at, diverged) ? at : (this.now.changes.at(-1)?.[0] ?? 0);
  }

  /** Another rate: from here on when it is midway, which leaves the old line to compare. */
  setRate(rate: number, at: number, diverged: number | null): void {
    if (this.midway(at, diverged) && !this.other) this.keep();
    this.take(changed(this.now, this.from(at, diverged), rate));
  }

  keep(): void {
    this.dial.set("other", ratesText(this.now));
  }

  drop(): void {
    this.dial.set("other", "");
  }

  swap(): void {
    const { now, other } = this;
    if (!other) return;
    this.dial.set("other", ratesText(now));
    this.take(other);
  }

  /** What is offered when it diverged: where to go back to, and on with a third of the
      rate, or a third of that, and so on. */
  remedy(diverged: number): { back: number; rates: number[] } {
    return { back: Math.max(0, diverged - BACK), rates: thirdsOf(this.rateAt(diverged)) };
  }

  /** The trainings that would follow. */
  remedies(diverged: number): Rates[] {
    const { back, rates } = this.remedy(diverged);
    return rates.map((rate) => changed(this.now, back, rate));
  }

  /** Back those snapshots and on; what went wrong stays to compare. */
  goBack(diverged: number, rate: number): void {
    const { now } = this;
    this.keep();
    this.take(changed(now, this.remedy(diverged).back, rate));
  }

  private take(rates: Rates): void {
    this.dial.set("rate", rates.rate);
    this.dial.set("changes", changesText(rates.changes));
  }
}

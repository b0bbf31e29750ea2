/* The two lines of a training that can be compared: what was planned for each, kept in
   the figure's controls. */
import type { Controls } from "../../runtime/controls.svelte.ts";
import type { Asked, Step } from "../../runtime/record.ts";
import { changed, changesOf, changesText, planOf, planText, rateAt, type Plan } from "./plan.ts";

const BACK = 10; // snapshots, one after each step

export class Plans {
  constructor(
    private readonly dial: Controls,
    private readonly step: Step,
    private readonly numSteps: number,
  ) {}

  /** The line that goes on. */
  get now(): Plan {
    return { rate: this.dial.number("rate"), changes: changesOf(this.dial.text("changes")) };
  }

  /** The line to compare it with. */
  get other(): Plan | null {
    return planOf(this.dial.text("other"));
  }

  asked(plan: Plan, source: string, seed: number): Asked {
    const { step, numSteps } = this;
    return { step, source, seed, numSteps, learningRate: plan.rate, changes: plan.changes };
  }

  /** Whether a new rate holds from here on, and not from the first step. */
  midway(at: number, diverged: number | null): boolean {
    return at > 0 && at < this.numSteps && diverged === null;
  }

  rateAt(step: number): number {
    return rateAt(this.now, step);
  }

  /** Another rate: from here on when it is midway, which leaves the old line to compare. */
  setRate(rate: number, at: number, diverged: number | null): void {
    if (!this.midway(at, diverged)) {
      this.take({ rate, changes: [] });
      return;
    }
    if (!this.other) this.keep();
    this.take(changed(this.now, at, rate));
  }

  keep(): void {
    this.dial.set("other", planText(this.now));
  }

  drop(): void {
    this.dial.set("other", "");
  }

  swap(): void {
    const { now, other } = this;
    if (!other) return;
    this.dial.set("other", planText(now));
    this.take(other);
  }

  /** What is offered when it diverged: where to go back to, and on with which rate. */
  remedy(diverged: number): { back: number; rate: number } {
    const rate = Number((this.rateAt(diverged) / 3).toPrecision(2));
    return { back: Math.max(0, diverged - BACK), rate };
  }

  /** Back those snapshots and on; what went wrong stays to compare. */
  goBack(diverged: number): void {
    const { back, rate } = this.remedy(diverged);
    this.keep();
    this.take(changed(this.now, back, rate));
  }

  private take(plan: Plan): void {
    this.dial.set("rate", plan.rate);
    this.dial.set("changes", changesText(plan.changes));
  }
}

/* The page's side of Python: one worker, started when it is first needed. A run that is
   stopped, or takes too long, ends with its worker; the next one gets another. */
import type { Answer, Asked, Found, Question } from "./worker.ts";
import PythonWorker from "./worker.ts?worker";

/** The longest that a run may take, in seconds. */
export const LIMIT = 60;

/** A run that ended before it was done. */
export class Stopped extends Error {
  constructor(readonly late: boolean) {
    super(late ? "took too long" : "stopped");
  }
}

/** A run that Python itself did not outlive. */
export class Ended extends Error {}

export interface Watcher {
  /** Python is there and the run begins. */
  began(): void;
  printed(text: string): void;
}

interface Waiting {
  watcher: Watcher;
  asked: Asked;
  resolve(found: Found): void;
  reject(why: Error): void;
  timer?: number;
}

let worker: Worker | undefined;
let ready = false;
let current: Waiting | undefined;

function programs(): string {
  return new URL(`${document.documentElement.dataset["root"] ?? "/"}programs/`, location.href).href;
}

function start(): Worker {
  if (worker) return worker;
  const made = new PythonWorker();
  made.addEventListener("message", ({ data }: MessageEvent<Answer>) => heard(data));
  made.addEventListener("error", (event) => heard({ failed: event.message }));
  const first: Question = { programs: programs() };
  made.postMessage(first);
  return (worker = made);
}

function end(why: Error): void {
  worker?.terminate();
  worker = undefined;
  ready = false;
  finish()?.reject(why);
}

/** The run that is waited for, which is so no longer. */
function finish(): Waiting | undefined {
  const done = current;
  current = undefined;
  window.clearTimeout(done?.timer);
  return done;
}

function begin(waiting: Waiting): void {
  waiting.watcher.began();
  waiting.timer = window.setTimeout(() => end(new Stopped(true)), 1000 * LIMIT);
  const question: Question = { asked: waiting.asked };
  start().postMessage(question);
}

function heard(answer: Answer): void {
  if ("ready" in answer) {
    ready = true;
    if (current) begin(current);
  } else if ("printed" in answer) current?.watcher.printed(answer.printed);
  else if ("found" in answer) finish()?.resolve(answer.found);
  else if ("ended" in answer) end(new Ended(answer.ended));
  else end(new Error(answer.failed));
}

/** Runs it, and ends what was running before. Rejects with Stopped, or why Python failed. */
export function run(asked: Asked, watcher: Watcher): Promise<Found> {
  if (current) end(new Stopped(false));
  start();
  return new Promise((resolve, reject) => {
    current = { asked, watcher, resolve, reject };
    if (ready) begin(current);
  });
}

/** Ends the run that is going on, at once, whatever it does. */
export function stop(): void {
  if (current) end(new Stopped(false));
}

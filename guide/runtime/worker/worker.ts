/* The worker: one job after another, so that none finds another's half-done work. */
import { DocumentsError } from "./data/documents.ts";
import { jobs, type Job } from "./jobs/index.ts";

export type Question =
  | { id: number; job: keyof typeof jobs; input: unknown; tells: boolean }
  | { id: number; cancel: true };

export type Answer =
  | { id: number; piece: unknown }
  | { id: number; result: unknown }
  | { id: number; error: string; refusal?: string };

const scope = self as unknown as {
  postMessage(message: Answer): void;
  addEventListener(type: "message", heard: (event: MessageEvent<Question>) => void): void;
};

class Cancelled extends Error {}

const BETWEEN_PAUSES = 8; // ms

const cancelled = new Set<number>();
const waiting = new Set<number>();
let queue: Promise<void> = Promise.resolve();

// a message to oneself comes after those that already wait, and sooner than a timer
const { port1, port2 } = new MessageChannel();
const resumed: (() => void)[] = [];
port1.onmessage = () => resumed.shift()?.();
const turn = (): Promise<void> =>
  new Promise((resume) => {
    resumed.push(resume);
    port2.postMessage(null);
  });

scope.addEventListener("message", ({ data }) => {
  if ("cancel" in data) {
    if (waiting.has(data.id)) cancelled.add(data.id);
    return;
  }
  waiting.add(data.id);
  queue = queue.then(() => work(data));
});

type Task = Exclude<Question, { cancel: true }>;

async function work({ id, job: name, input, tells }: Task): Promise<void> {
  let listened = -Infinity;
  const job: Job = {
    tell(piece) {
      if (tells) scope.postMessage({ id, piece: piece() });
    },
    async pause() {
      if (performance.now() - listened < BETWEEN_PAUSES) return;
      await turn();
      listened = performance.now();
      if (cancelled.has(id)) throw new Cancelled();
    },
  };
  try {
    await job.pause();
    const run = jobs[name] as (input: unknown, job: Job) => Promise<unknown>;
    scope.postMessage({ id, result: await run(input, job) });
  } catch (error) {
    const refusal = error instanceof DocumentsError ? { refusal: error.refusal } : {};
    const why = error instanceof Cancelled ? "cancelled" : String(error);
    scope.postMessage({ id, error: why, ...refusal });
  } finally {
    waiting.delete(id);
    cancelled.delete(id);
  }
}

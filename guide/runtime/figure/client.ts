/* The page's side of the worker: typed questions, pieces as they come, cancellation. */
import type { Jobs } from "../worker/jobs/index.ts";
import workerFile from "../worker/worker.ts?worker&url";
import type { Answer, Question } from "../worker/worker.ts";

type Input<K extends keyof Jobs> = Parameters<Jobs[K]>[0];
type Output<K extends keyof Jobs> = Awaited<ReturnType<Jobs[K]>>;

/** A job that was given up. Nobody needs to be told. */
export class Cancelled extends Error {}

/** Documents that can't be read; `refusal` is the word of docs/documents.md. */
export class Refused extends Error {
  constructor(readonly refusal: string) {
    super(refusal);
  }
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
  tell?: (piece: unknown) => void;
}

let worker: Worker | undefined;
let modular = false;
let last = 0;
const pending = new Map<number, Pending>();

function theWorker(): Worker {
  if (worker) return worker;
  // a browser that knows no module workers does not ask for the type
  const options = {
    get type(): "module" {
      modular = true;
      return "module";
    },
  };
  worker = new Worker(workerFile, options);
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => heard(data));
  worker.addEventListener("error", (event) => {
    for (const each of pending.values()) each.reject(new Error(event.message));
    pending.clear();
  });
  return worker;
}

/** Starts the worker; false where the browser has none that loads modules. */
export function workerStarts(): boolean {
  if (typeof Worker !== "function") return false;
  const started = theWorker();
  if (!modular) started.terminate();
  return modular;
}

function heard(data: Answer): void {
  const waiting = pending.get(data.id);
  if (!waiting) return;
  if ("piece" in data) {
    waiting.tell?.(data.piece);
    return;
  }
  pending.delete(data.id);
  if ("result" in data) waiting.resolve(data.result);
  else if (data.refusal) waiting.reject(new Refused(data.refusal));
  else waiting.reject(data.error === "cancelled" ? new Cancelled() : new Error(data.error));
}

/** Ask the worker. An aborted question is answered by Cancelled, at once. */
export function ask<K extends keyof Jobs>(
  job: K,
  input: Input<K>,
  options: { signal?: AbortSignal; tell?: (piece: unknown) => void } = {},
): Promise<Output<K>> {
  const id = ++last;
  const send = (question: Question): void => theWorker().postMessage(question);
  return new Promise((resolve, reject) => {
    const { signal, tell } = options;
    if (signal?.aborted) {
      reject(new Cancelled());
      return;
    }
    pending.set(id, { resolve: resolve as (result: unknown) => void, reject, tell });
    signal?.addEventListener("abort", () => {
      if (!pending.delete(id)) return;
      send({ id, cancel: true });
      reject(new Cancelled());
    });
    send({ id, job, input, tells: tell !== undefined });
  });
}

/** Asks anew each time and gives up what was asked before: the last question wins. */
export class Latest {
  private controller: AbortController | undefined;
  private current: Promise<unknown> = Promise.resolve();

  get signal(): AbortSignal {
    this.controller?.abort();
    this.controller = new AbortController();
    return this.controller.signal;
  }

  stop(): void {
    this.controller?.abort();
  }

  async ask<K extends keyof Jobs>(
    job: K,
    input: Input<K>,
    tell?: (piece: unknown) => void,
  ): Promise<Output<K> | undefined> {
    const asked = ask(job, input, { signal: this.signal, ...(tell ? { tell } : {}) });
    this.current = asked;
    try {
      const found = await asked;
      return this.current === asked ? found : undefined;
    } catch (error) {
      if (error instanceof Cancelled) return undefined;
      throw error;
    }
  }
}

/** One thing that a person started: whether it runs, and how it failed. */
import { asFailure } from "./backend";
import type { Failure } from "./wire/Failure";

/** Made by {@link task}. */
export interface Task {
  /** Whether it runs now. */
  readonly running: boolean;
  /** How it failed last, until it is started again or dismissed. */
  readonly failure: Failure | null;
  /** Runs it, unless it runs already. True when it went well. */
  run(work: () => Promise<unknown>): Promise<boolean>;
  /** Forgets the failure. */
  dismiss(): void;
}

/** A place in the window from which one thing at a time is started. */
export function task(): Task {
  let running = $state(false);
  let failure = $state.raw<Failure | null>(null);
  return {
    get running() {
      return running;
    },
    get failure() {
      return failure;
    },
    async run(work) {
      if (running) return false;
      running = true;
      failure = null;
      try {
        await work();
        return true;
      } catch (thrown) {
        const why = asFailure(thrown);
        // A person who said no to a confirmation knows that already.
        if (why.code !== "declined") failure = why;
        return false;
      } finally {
        running = false;
      }
    },
    dismiss() {
      failure = null;
    },
  };
}

/**
 * How commands travel. Nothing else in the window knows: inside the desktop app they go to Rust, in an ordinary browser
 * (and in tests) `preview` answers them.
 */
import type { Code } from "../wire/Code";
import type { Commands } from "../wire/commands";
import type { Failure } from "../wire/Failure";

/** The two things that a backend can do. */
export interface Backend {
  /** Runs a command; rejects with a {@link Failure}. */
  call<K extends keyof Commands>(name: K, args: Commands[K]["args"]): Promise<Commands[K]["answer"]>;
  /** Tells `listener` whenever the state has changed. Returns how to stop. */
  onChanged(listener: () => void): Promise<() => void>;
}

/** Whether something that was thrown is a {@link Failure}. */
export function isFailure(thrown: unknown): thrown is Failure {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && "ref" in thrown && "fields" in thrown;
}

/** Whatever was thrown, as a {@link Failure}: what is not one becomes `unforeseen`, without its text. */
export function asFailure(thrown: unknown): Failure {
  if (isFailure(thrown)) return thrown;
  return { code: "unforeseen" satisfies Code, ref: "WINDOW", fields: [] };
}

let chosen: Backend | undefined;

/** Takes the backend that fits where the window runs, once, before anything is drawn. */
export async function open(given?: Backend): Promise<Backend> {
  if (given) {
    chosen = given;
  } else if ("__TAURI_INTERNALS__" in window) {
    chosen = (await import("./tauri")).tauri;
  } else {
    chosen = (await import("./preview")).preview(new URLSearchParams(window.location.search));
  }
  return chosen;
}

/** Runs a command; rejects with a {@link Failure}. */
export async function call<K extends keyof Commands>(
  name: K,
  args: Commands[K]["args"],
): Promise<Commands[K]["answer"]> {
  if (!chosen) throw asFailure(null);
  try {
    return await chosen.call(name, args);
  } catch (thrown) {
    throw asFailure(thrown);
  }
}

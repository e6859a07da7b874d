/** The one copy of the state that the window draws, and how it stays fresh. */
import { call, asFailure, type Backend } from "./backend";
import { tick } from "./words/time.svelte";
import type { AppState } from "./wire/AppState";
import type { AssistantView } from "./wire/AssistantView";
import type { Commands } from "./wire/commands";
import type { ConnectionView } from "./wire/ConnectionView";
import type { ConnectView } from "./wire/ConnectView";
import type { Failure } from "./wire/Failure";
import type { RotationView } from "./wire/RotationView";
import type { Use } from "./wire/Use";

/** Where the person is in the window. */
export type Place =
  | { room: "keys" }
  | { room: "bills" }
  | { room: "history"; connection?: string }
  | { room: "settings" }
  | { room: "connect"; draft: string | null; use?: Use }
  | { room: "replace"; connection: string };

class App {
  /** What Rust said last; `null` until the first answer. */
  state = $state.raw<AppState | null>(null);
  /** Why there is no state at all. */
  failure = $state.raw<Failure | null>(null);
  /** Where the person is. */
  place = $state.raw<Place>({ room: "keys" });
  /** The sentence that a screen reader says next. */
  said = $state("");

  #asking: Promise<void> | null = null;
  #again = false;

  /** Whether this person may change keys and uses. */
  get mayChange(): boolean {
    const role = this.state?.me?.role;
    return role === "owner" || role === "member";
  }

  /** Whether this person may change people and devices. */
  get mayInvite(): boolean {
    return this.state?.me?.role === "owner";
  }

  /** The connection of this id. */
  connection(id: string | null): ConnectionView | undefined {
    return this.state?.connections.find((c) => c.id === id);
  }

  /** The connection in the making of this id. */
  draft(id: string | null): ConnectView | undefined {
    return this.state?.drafts.find((d) => d.id === id);
  }

  /** The replacement of this connection's key. */
  rotation(connection: string | null): RotationView | undefined {
    return this.state?.rotations.find((r) => r.connection === connection);
  }

  /** Assistants on which a new key of this connection may be tried first. */
  testers(connection: string): readonly AssistantView[] {
    const uses = this.connection(connection)?.uses ?? [];
    return this.state?.assistants.filter((one) => one.low_stakes && one.uses.some((use) => uses.includes(use))) ?? [];
  }

  /** Goes to the replacement of a connection's key, and starts it unless there is one. A leak starts a new one after its end, and hurries one that runs. */
  async replace(connection: string, leaked = false): Promise<void> {
    const before = this.rotation(connection);
    const ended = before?.state === "done" || before?.state === "abandoned";
    if (!before || (leaked && (ended || before.may_leak))) await this.act("rotation_start", { connection, leaked });
    this.go({ room: "replace", connection });
  }

  /** Goes to another place. */
  go(place: Place): void {
    this.place = place;
  }

  /** Starts to listen, and asks for the first state. */
  async start(backend: Backend): Promise<() => void> {
    const stop = await backend.onChanged(() => void this.ask());
    await this.ask();
    return stop;
  }

  /**
   * Asks for the state. Several wishes at once become one more question, and everybody waits for its answer: who has
   * just changed something sees it when this is done. An older answer never replaces a newer.
   */
  ask(): Promise<void> {
    this.#again = true;
    this.#asking ??= this.#answer().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #answer(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        const next = await call("app_state", {});
        tick();
        if (!this.state || next.revision >= this.state.revision) this.state = next;
        this.failure = null;
      }
    } catch (thrown) {
      this.failure = asFailure(thrown);
    }
  }

  /** Runs a command, and shows what it changed. */
  async act<K extends keyof Commands>(name: K, args: Commands[K]["args"]): Promise<Commands[K]["answer"]> {
    try {
      return await call(name, args);
    } finally {
      await this.ask();
    }
  }
}

/** The window's one copy. */
export const app = new App();

/** The steps of a connection in the making, in their order. */
import type { ConnectStep } from "../../wire/ConnectStep";
import type { KeyHint } from "../../wire/KeyHint";
import { has, t } from "../../words/words.svelte";

/** How → Key → Check → Review → Confirm → Try → Use → Done. */
export const STEPS: readonly ConnectStep[] = ["how", "key", "check", "review", "confirm", "try", "use", "done"];

/** Which of them it is, from 0. */
export function place(step: ConnectStep): number {
  return STEPS.indexOf(step);
}

/** The kind of a key in words: "project key" → `key-kind-project-key`. */
export function kindOf(key: KeyHint): string {
  const id = `key-kind-${key.kind.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
  return has(id) ? t(id) : t("key-kind-key");
}

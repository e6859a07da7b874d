/** How a verdict is said and drawn. */
import type { Answer } from "../wire/Answer";
import type { Question } from "../wire/Question";
import type { Verdict } from "../wire/Verdict";
import { has, t } from "../words/words.svelte";
import type { IconName } from "./Icon.svelte";

/** The five questions, in their order. */
export const QUESTIONS: readonly Question[] = ["reach", "key", "model", "credit", "scope"];

/** The shape of an answer; its word stands beside it. */
export const SHAPES: Record<Answer, IconName> = { yes: "yes", no: "no", not_provable: "unsure", not_asked: "not-asked" };

/** Our sentence for a verdict: the one for this very answer or question where there is one, else the general one. */
export function sentence(verdict: Verdict): string {
  for (const id of [`verdict-${verdict.code}-${verdict.answer}`, `verdict-${verdict.code}-${verdict.what}`]) {
    if (has(id)) return t(id);
  }
  return t(`verdict-${verdict.code}`);
}

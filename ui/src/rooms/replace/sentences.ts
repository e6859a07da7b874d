/** Sentences that both the room and a screen reader say. */
import type { RotationView } from "../../wire/RotationView";
import type { WeaknessView } from "../../wire/WeaknessView";
import { list, t } from "../../words/words.svelte";
import { step } from "./steps";

/** On which version calls run. */
export function runs(view: RotationView): string {
  // Without a key in use, and on the way back, none comes into use either.
  if (view.runs_on === "none" && view.cancel === null) return t("replace-runs-nothing");
  const version = view.runs_on === "new" ? view.new : (view.old ?? view.new);
  return t(`replace-runs-${view.runs_on}`, { version, next: view.new });
}

/** What is going on, in one sentence. */
export function title(view: RotationView, agency: string): string {
  const values = { provider: t(`provider-${view.provider}`), agency };
  if (view.state === "waiting" && view.wait) {
    if (view.wait.kind === "retry" && view.wait.why) return t(`replace-why-${view.wait.why}`, values);
    return t(`replace-wait-${view.wait.kind}`, values);
  }
  if (view.state === "stuck" && view.stuck) return t(`replace-why-${view.stuck.why}`, values);
  if (view.state === "going_back") return t("replace-going-back", values);
  if (view.state === "abandoned") return t("replace-abandoned", values);
  if (view.state === "done") return t("replace-done", values);
  return t(`replace-doing-${step(view)}`, values);
}

/** What the new key lacks. */
export function weakness(one: WeaknessView): string {
  const names = one.names.length > 0 ? list(one.names) : t("replace-lacks-untold");
  return t(`replace-lacks-${one.kind}`, { names, use: one.use ? t(`use-${one.use}`) : t("missing-use") });
}

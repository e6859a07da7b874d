/** What the room reads off a rotation. */
import type { RotationStepName } from "../../wire/RotationStepName";
import type { RotationView } from "../../wire/RotationView";

/** Whether it is over. */
export function over(view: RotationView): boolean {
  return view.state === "done" || view.state === "abandoned";
}

/** Waits that are about the old key: of a leaked one they come before a new key is made. */
const ABOUT_OLD: readonly string[] = ["cutting", "old_revoked", "still_accepted"];

/** Which of the seven steps it is at, from 0; the last one when it is over. */
export function at(view: RotationView): number {
  const old = view.steps.findIndex((step) => step.name === "old_revoked");
  if (view.leaked && view.wait && ABOUT_OLD.includes(view.wait.kind) && view.steps[old]?.state !== "done") return old;
  const active = view.steps.findIndex((step) => step.state === "active");
  return active === -1 ? view.steps.length - 1 : active;
}

/** The step that it is at. */
export function step(view: RotationView): RotationStepName {
  return view.steps[at(view)]?.name ?? "made";
}

/** Every screen of the window by its name. The window suite reads this list and fails when it never saw one of them. */
import type { Place } from "./app.svelte";
import type { AppState } from "./wire/AppState";

/** A room, a step, a dialog: whatever a person would call another page. */
export const SCREENS = [
  "welcome",
  "join",
  "removed",
  "lost",
  "alarm",
  "keys",
  "bills",
  "history",
  "settings",
  "choose",
  "how",
  "key",
  "check",
  "review",
  "confirm",
  "try",
  "use",
  "done",
  "replace",
  "details-dialog",
  "stop-dialog",
  "switch-dialog",
  "invite-dialog",
] as const;

/** The name of a screen. */
export type Screen = (typeof SCREENS)[number];

/** The name of a dialog, which stands above a screen. */
export type DialogName = Extract<Screen, `${string}-dialog`>;

/** The screen that is open. A new stage, room or step that the list does not name does not compile. */
export function screenOf(view: AppState, place: Place): Screen {
  if (view.stage !== "joined") return view.stage;
  if (place.room !== "connect") return place.room;
  return view.drafts.find((draft) => draft.id === place.draft)?.step ?? "choose";
}

/** Commands go to Rust; `changed` comes from there. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { Backend } from "./index";

/** The backend of the desktop app. */
export const tauri: Backend = {
  call: (name, args) => invoke(name, args),
  onChanged: (listener) => listen("changed", () => listener()),
};

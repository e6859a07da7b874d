/** What the one button of a failure does. The words are `<code>-button`; a code that is not here has no button. */
import type { Code } from "../wire/Code";

/**
 * `retry` does again what failed (shown only where that is possible), `refresh` asks the agency for the present state,
 * `copy_page` copies the address of the page that no browser opened.
 */
export type Remedy = "retry" | "refresh" | "copy_page";

/** From code to remedy. */
export const REMEDIES: Partial<Record<Code, Remedy>> = {
  stale: "refresh",
  rotation_runs: "refresh",
  clock_skew: "retry",
  slow_down: "retry",
  agency_unreachable: "retry",
  agency_untrusted: "retry",
  agency_answer: "retry",
  keyset_expired: "refresh",
  provider_unreachable: "retry",
  provider_answer: "retry",
  deletion_refused: "retry",
  clipboard_empty: "retry",
  clipboard_too_large: "retry",
  clipboard_unreadable: "retry",
  not_a_key: "retry",
  several_keys: "retry",
  other_providers_key: "retry",
  admin_key_pasted: "retry",
  work_key_pasted: "retry",
  keychain_none: "retry",
  keychain_locked: "retry",
  keychain_dismissed: "retry",
  keychain_timeout: "retry",
  disk_full: "retry",
  no_browser: "copy_page",
};

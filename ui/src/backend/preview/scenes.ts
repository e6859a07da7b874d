/** States to look at: each screen and each step, by name (`?scene=check-no`). Tests draw every one of them. */
import type { AppState } from "../../wire/AppState";
import type { ConnectView } from "../../wire/ConnectView";
import type { Code } from "../../wire/Code";
import type { Failure } from "../../wire/Failure";
import type { Provider } from "../../wire/Provider";
import type { RotationStuck } from "../../wire/RotationStuck";
import type { RotationView } from "../../wire/RotationView";
import type { RotationWait } from "../../wire/RotationWait";
import { ago, busy, callOf, checked, connection, draft, joined, MODELS, rotation, sound, welcome } from "./fixtures";

/** A failure as Rust would send it. */
export function failure(code: Code, fields: Record<string, string> = {}): Failure {
  return { code, ref: "7F3K-2Q", fields: Object.entries(fields).map(([name, value]) => ({ name, value })) };
}

function making(given: Partial<ConnectView>): AppState {
  const state = joined();
  state.needs_you = [];
  state.drafts = [draft("cn_new", "openai", ["chat", "images"], { how: "by_hand", ...given })];
  return state;
}

const KEY = { last_four: "3f9A", kind: "project key", length_class: "usual" };
const PARCEL = { agency: "Morgenrot", sealing_key: "sk_01kb2m6c3n8r5t7v9w2x4y6z8a", suite: "xwing-sha256-chacha20poly1305", bytes: 2364, version: 1 };
const CHECKED: Partial<ConnectView> = { key: KEY, check: checked(sound("openai")), models: MODELS.openai };
const WORKS: Partial<ConnectView> = {
  ...CHECKED,
  parcel: PARCEL,
  receipt: { outcome: "works", at: ago(0), check: checked(sound("openai")), fingerprint: "4be1f09a77c2d310" },
};

/** A key that is being replaced, after so many steps. */
export function replacing(done: number, given: Partial<RotationView> = {}, provider: Provider = "openai"): AppState {
  const state = busy();
  const own = state.connections.find((c) => c.provider === provider) ?? connection("cn_more", provider);
  const old = given.old === undefined ? 3 : given.old;
  own.versions = own.versions.map((v, index) => (index === 0 ? { ...v, number: old ?? 3, last_four: given.old_last_four === undefined ? "1a2B" : given.old_last_four } : v));
  own.current = own.versions[0]?.number ?? null;
  state.connections = state.connections.some((c) => c.id === own.id) ? state.connections : [...state.connections, own];
  state.drafts = [];
  state.rotations = [rotation(own.id, provider, done, given)];
  state.needs_you = given.stuck || given.wait?.until === null ? [{ kind: "rotation_waits", connection: own.id, provider, use: null, since: ago(3) }] : [];
  return state;
}

/** The agency proposes when keys are replaced. */
function proposed(): AppState {
  const state = busy();
  state.agreement.proposal = { schedule: { kind: "every", days: 30 }, since: ago(60) };
  state.needs_you = [{ kind: "agreement_waits", connection: null, provider: null, use: null, since: ago(60) }];
  return state;
}

/** A key was to be replaced yesterday, another one is to be in a week. */
function due(): AppState {
  const state = busy();
  const dates = [
    { id: "cn_openai", provider: "openai", use: "chat", by: ago(60 * 24), near: "due", kind: "key_due" },
    { id: "cn_anthropic", provider: "anthropic", use: "chat", by: ago(-60 * 24 * 7), near: "soon", kind: "key_due_soon" },
  ] as const;
  for (const { id, by, near } of dates) {
    const own = state.connections.find((c) => c.id === id);
    if (own) own.due = { at: by, reason: "agreement", near, by_itself: false };
  }
  state.needs_you = dates.map(({ kind, id, provider, use, by }) => ({ kind, connection: id, provider, use, since: null, by }));
  return state;
}

/** It waits for this. */
export function waits(kind: RotationWait["kind"], seconds: number | null = null, why: RotationWait["why"] = null): Partial<RotationView> {
  return { state: "waiting", wait: { kind, until: seconds === null ? null : ago(-seconds / 60), why } };
}

/** It stands still for this reason. */
export function stuck(why: RotationStuck["why"], next: RotationStuck["next"] = "try_again", given: Partial<RotationStuck> = {}): Partial<RotationView> {
  return { state: "stuck", stuck: { why, next, weaknesses: [], paste_another: false, may_wait: why === "still_used", ...given } };
}

const SCENES = {
  welcome,
  joined,
  busy,
  proposed,
  due,
  viewer: () => {
    const state = busy();
    if (state.me) state.me.role = "viewer";
    return state;
  },
  offline: () => ({ ...busy(), freshness: { online: false, as_of: ago(95), failure: failure("agency_unreachable") } }),
  removed: () => ({ ...joined(), stage: "removed" as const }),
  lost: () => ({ ...joined(), stage: "lost" as const }),
  alarm: () => {
    const state = busy();
    return { ...state, stage: "alarm" as const, record: { ...state.record, alarm: failure("record_alarm") } };
  },
  "dead-key": () => {
    const state = busy();
    const dead = connection("cn_openai", "openai", { name: "Marketing", uses: ["chat", "voice"], check: checked([{ what: "reach", answer: "yes", code: "ok" }, { what: "key", answer: "no", code: "key_refused", words: "Incorrect API key provided: sk-…3f9A." }, ...(["model", "credit", "scope"] as const).map((what) => ({ what, answer: "not_asked" as const, code: "earlier" as const }))]) });
    const version = dead.versions[0];
    if (version) version.health = "dead";
    state.connections = [dead];
    state.drafts = [];
    state.uses = state.uses.map((use) => (use.use === "images" ? use : { ...use, serving: ["cn_openai"], preferred: "cn_openai", model: null, fallback: use.use === "chat" ? "platform" : "stop", fallback_since: ago(12) }));
    state.needs_you = [
      { kind: "key_dead_platform_pays", connection: "cn_openai", provider: "openai", use: "chat", since: ago(12) },
      { kind: "key_dead_stopped", connection: "cn_openai", provider: "openai", use: "voice", since: ago(12) },
    ];
    return state;
  },
  how: () => making({ how: null }),
  key: () => making({ step: "key" }),
  "key-made": () => making({ step: "key", how: "made_for_me", making: [{ what: "project", done: true }, { what: "service_account", done: true }, { what: "scoped_key", done: false }, { what: "first_key_deleted", done: false }], key: { last_four: "Ad1n", kind: "admin key", length_class: "usual" } }),
  "key-failed": () => making({ step: "key", failure: failure("other_providers_key", { provider: "anthropic" }) }),
  checking: () => making({ step: "check", key: KEY, busy: "checking", check: { running: true, verdicts: sound("openai").slice(0, 2), at: null } }),
  check: () => making({ step: "check", ...CHECKED }),
  "check-no": () => making({ step: "check", key: KEY, check: checked([{ what: "reach", answer: "yes", code: "ok" }, { what: "key", answer: "no", code: "key_refused", words: "Incorrect API key provided: sk-proj-…3f9A. You can find your API key at https://platform.openai.com/account/api-keys." }, ...(["model", "credit", "scope"] as const).map((what) => ({ what, answer: "not_asked" as const, code: "earlier" as const }))]) }),
  "check-consent": () => making({ step: "check", key: KEY, models: MODELS.openai, send_needs_consent: true, check: checked([...sound("openai").slice(0, 3), { what: "credit", answer: "no", code: "no_credit", words: "You exceeded your current quota, please check your plan and billing details." }, { what: "scope", answer: "no", code: "scope_missing", words: "Missing scopes: api.model.images.request" }]) }),
  "check-agency": () => making({ step: "check", key: KEY, send_needs_consent: true, check: checked([{ what: "reach", answer: "yes", code: "ok" }, { what: "key", answer: "not_provable", code: "address_not_allowed", words: "Your IP is not authorized to make this request." }, ...(["model", "credit", "scope"] as const).map((what) => ({ what, answer: "not_asked" as const, code: "earlier" as const }))]) }),
  review: () => making({ step: "review", ...CHECKED, parcel: PARCEL }),
  confirm: () => making({ step: "confirm", ...CHECKED, parcel: PARCEL, busy: "waiting_for_receipt" }),
  "confirm-refused": () => making({ step: "confirm", ...WORKS, receipt: { outcome: "refused", at: ago(0), fingerprint: "4be1f09a77c2d310", check: checked([{ what: "reach", answer: "yes", code: "ok" }, { what: "key", answer: "no", code: "key_refused" }, ...(["model", "credit", "scope"] as const).map((what) => ({ what, answer: "not_asked" as const, code: "earlier" as const }))]) } }),
  try: () => making({ step: "try", ...WORKS, trial: { assistant: "as_ideas", name: "Idea box", since: null, first_call: null } }),
  trying: () => making({ step: "try", ...WORKS, trial: { assistant: "as_ideas", name: "Idea box", since: ago(1), first_call: callOf("Idea box", "gpt-5-mini", 0, 1) } }),
  use: () => making({ step: "use", ...WORKS }),
  done: () => making({ step: "done", ...WORKS, first_calls: [callOf("Newsletter writer", "gpt-5.2", 0, 1)] }),
  "replace-going": () => replacing(3),
  "replace-new-key": () => replacing(0, waits("new_key")),
  "replace-asked": () => replacing(0, { ...waits("new_key"), asked: { last_four: "9Z3f", kind: "api key", length_class: "usual" } }, "stability"),
  "replace-paste-failed": () => replacing(0, { ...waits("new_key"), failure: failure("same_key", { provider: "openai" }) }),
  "replace-confirmation": () => replacing(4, waits("confirmation", 20)),
  "replace-proof": () => replacing(5, { ...waits("proof", 45), runs_on: "both", cancel: null }),
  "replace-draining": () => replacing(6, waits("draining", 240)),
  "replace-old-revoked": () => replacing(6, { ...waits("old_revoked"), runs_on: "new" }),
  "replace-still-accepted": () => replacing(6, { ...waits("still_accepted", 16), runs_on: "new" }),
  "replace-retry": () => replacing(3, waits("retry", 8, "agency_unreachable")),
  "replace-leaked": () => replacing(0, { ...waits("cutting", 12), leaked: true, runs_on: "none" }),
  "replace-leaked-revoke": () => replacing(0, { ...waits("old_revoked"), leaked: true, runs_on: "none" }),
  "replace-weaker": () => replacing(2, stuck("weaker", "use_anyway", { paste_another: true, weaknesses: [{ kind: "fewer_models", use: null, names: ["GPT-5.2", "GPT Image 2"] }, { kind: "use_missing", use: "voice", names: [] }, { kind: "scope_missing", use: null, names: ["api.model.audio.request"] }, { kind: "no_credit", use: null, names: [] }] })),
  "replace-other-account": () => replacing(2, stuck("other_account", "new_connection", { paste_another: true, weaknesses: [{ kind: "other_account", use: null, names: [] }] })),
  "replace-trial": () => replacing(5, { ...waits("trial", 40), trial: "as_ideas" }),
  "replace-still-used": () => replacing(6, { ...stuck("still_used", "revoke_anyway"), automatic: true, runs_on: "new" }),
  "replace-admin-refused": () => replacing(0, { ...stuck("admin_refused", "go_by_hand"), automatic: true }),
  "replace-unproven": () => replacing(6, { ...stuck("unproven"), runs_on: "new", old_last_four: null }),
  "replace-going-back": () => replacing(4, { state: "going_back", automatic: true, cancel: null }),
  "replace-new-revoked": () => replacing(4, { ...waits("new_revoked"), cancel: null }),
  "removed-new-key": () => ({ ...replacing(3, { ...waits("new_revoked"), cancel: null }), stage: "removed" as const }),
  "replace-abandoned": () => replacing(2, { state: "abandoned", cancel: null, report: { refused_at: null, ended: ago(0), calls: { all: 18, failed: 0 } } }),
  "replace-done": () => replacing(7, { state: "done", cancel: null, report: { refused_at: ago(0.1), ended: ago(0), calls: { all: 214, failed: 0 } } }),
} satisfies Record<string, () => AppState>;

/** Names of all scenes. */
export type Scene = keyof typeof SCENES;

/** Names of all scenes. */
export const NAMES_OF_SCENES = Object.keys(SCENES) as Scene[];

/** The state of a scene; an unknown name is the welcome screen. */
export function scene(name: string | null): AppState {
  const make = NAMES_OF_SCENES.find((known) => known === name);
  return make ? SCENES[make]() : welcome();
}

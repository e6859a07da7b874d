/** Things that a believable client has: an agency, people, devices, assistants, accounts. All names are made up. */
import type { AgencyView } from "../../wire/AgencyView";
import type { AppState } from "../../wire/AppState";
import type { CallView } from "../../wire/CallView";
import type { CheckView } from "../../wire/CheckView";
import type { ConnectionView } from "../../wire/ConnectionView";
import type { ConnectView } from "../../wire/ConnectView";
import type { MeView } from "../../wire/MeView";
import type { ModelOffer } from "../../wire/ModelOffer";
import type { Provider } from "../../wire/Provider";
import type { RotationStepName } from "../../wire/RotationStepName";
import type { RotationView } from "../../wire/RotationView";
import type { Use } from "../../wire/Use";
import type { Verdict } from "../../wire/Verdict";
import type { HeldKey } from "../../wire/HeldKey";

/** The instant so many minutes before now. */
export function ago(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

/** Names of the providers, as they themselves write them. */
export const NAMES: Record<Provider, string> = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  gemini: "Google Gemini",
  stability: "Stability AI",
  replicate: "Replicate",
};

/** Uses by provider. */
export const USES: Record<Provider, Use[]> = {
  openai: ["chat", "images", "voice"],
  anthropic: ["chat"],
  gemini: ["images"],
  stability: ["images"],
  replicate: ["images"],
};

/** Models that an account at a provider offers. */
export const MODELS: Record<Provider, ModelOffer[]> = {
  openai: [
    { id: "gpt-5.2", name: "GPT-5.2", uses: ["chat"] },
    { id: "gpt-5-mini", name: "GPT-5 mini", uses: ["chat"] },
    { id: "gpt-image-2", name: "GPT Image 2", uses: ["images"] },
    { id: "gpt-4o-transcribe", name: "GPT-4o Transcribe", uses: ["voice"] },
  ],
  anthropic: [
    { id: "claude-opus-4-7", name: "Claude Opus 4.7", uses: ["chat"] },
    { id: "claude-sonnet-4-8", name: "Claude Sonnet 4.8", uses: ["chat"] },
  ],
  gemini: [{ id: "gemini-3.1-flash-image", name: "Gemini 3.1 Flash Image", uses: ["images"] }],
  stability: [{ id: "core", name: "Stable Image Core", uses: ["images"] }],
  replicate: [{ id: "black-forest-labs/flux-2-pro", name: "FLUX.2 pro", uses: ["images"] }],
};

/** Five verdicts about a sound key at this provider. */
export function sound(provider: Provider): Verdict[] {
  return [
    { what: "reach", answer: "yes", code: "ok" },
    { what: "key", answer: "yes", code: "ok" },
    { what: "model", answer: "yes", code: "ok" },
    provider === "stability"
      ? { what: "credit", answer: "yes", code: "ok", words: "{\"credits\":812.4}" }
      : { what: "credit", answer: "not_provable", code: "credit_unseen" },
    provider === "openai" ? { what: "scope", answer: "yes", code: "ok" } : { what: "scope", answer: "not_provable", code: "scope_unseen" },
  ];
}

/** A check that is over. */
export function checked(verdicts: Verdict[], minutes = 0): CheckView {
  return { running: false, verdicts, at: ago(minutes) };
}

/** A call of an assistant. */
export function callOf(assistant: string, model: string | null, minutes: number, version: number): CallView {
  return { at: ago(minutes), assistant, model, paid_by: "own", version, status: 200 };
}

/** An account in use. */
export function connection(id: string, provider: Provider, given: Partial<ConnectionView> = {}): ConnectionView {
  return {
    id,
    provider,
    name: NAMES[provider],
    account: provider === "openai" ? "proj_7Yq2mB" : provider === "replicate" ? "northlight-studio" : null,
    uses: USES[provider],
    paused: null,
    versions: [
      { number: 1, stage: "current", health: "works", at_provider: "live", last_four: "3f9A", since: ago(60 * 24 * 41), pushed: ago(60 * 24 * 41) },
    ],
    current: 1,
    owner: "Anna Berger",
    owner_member: "mb_anna",
    schedule: null,
    due: null,
    try_first: null,
    check: checked(sound(provider), 18),
    models: MODELS[provider],
    last_call: callOf("Newsletter writer", MODELS[provider][0]?.id ?? null, 2, 1),
    secret_on: null,
    secret_here: true,
    ...given,
  };
}

/** A connection in the making. */
export function draft(id: string, provider: Provider, uses: Use[], given: Partial<ConnectView> = {}): ConnectView {
  return {
    id,
    provider,
    uses,
    how: null,
    step: "how",
    busy: null,
    key: null,
    asked: null,
    check: null,
    models: [],
    picks: uses.map((use) => ({ use, model: null })),
    send_needs_consent: false,
    parcel: null,
    receipt: null,
    trial: null,
    first_calls: [],
    making: [],
    failure: null,
    started: ago(3),
    ...given,
  };
}

/** The seven steps of a replacement, in their order. */
export const ROTATION_STEPS: readonly RotationStepName[] = ["made", "kept", "checked", "sent", "confirmed", "in_use", "old_revoked"];

/** The seven steps when so many are done, the last of them just now. */
export function rotationSteps(done: number): RotationView["steps"] {
  return ROTATION_STEPS.map((name, index) => ({
    name,
    state: index < done ? "done" : index === done ? "active" : "waiting",
    at: index < done ? ago((done - index) / 20) : null,
  }));
}

/** The replacement of a connection's key, by hand, after so many steps. */
export function rotation(connection: string, provider: Provider, done: number, given: Partial<RotationView> = {}): RotationView {
  return {
    connection,
    provider,
    old: 3,
    old_last_four: "1a2B",
    new: 4,
    new_last_four: done > 0 ? "9Z3f" : null,
    leaked: false,
    may_leak: !(given.leaked ?? false) && given.old !== null && given.state !== "done" && given.state !== "abandoned",
    automatic: false,
    ends_old: given.automatic ?? false,
    may_try: done < 6 && !(given.leaked ?? false) && given.state !== "done" && given.state !== "abandoned" && given.state !== "going_back",
    trial: null,
    watching: null,
    may_end_old: !(given.automatic ?? false) && (provider === "openai" || provider === "anthropic") && given.old !== null && done < 7,
    steps: rotationSteps(done),
    runs_on: done < 6 ? "old" : done === 6 ? "both" : "new",
    state: "going",
    wait: null,
    stuck: null,
    cancel: done < 6 ? { retires_new: done > 3, revokes_new: true, by_hand: true } : null,
    failure: null,
    asked: null,
    report: null,
    started: ago(4),
    ...given,
  };
}

/** A client that has not joined any agency. */
export function welcome(): AppState {
  return {
    revision: 1,
    about: { name: "Ownkey", version: "0.1.0" },
    simulated: true,
    practice_keys: true,
    stage: "welcome",
    preferences: { language: "system", theme: "system", by_itself: true, quiet: null, notifications: true, background: false },
    agreement: { agreed: null, since: null, proposal: null },
    freshness: { online: true, as_of: null, failure: null },
    agency: null,
    me: null,
    needs_you: [],
    uses: (["chat", "images", "voice"] as const).map((use) => ({
      use,
      payer: null,
      preferred: null,
      model: null,
      models: [],
      serving: [],
      available: [],
      platform_offered: use !== "voice",
      fallback: "stop",
      fallback_set: "stop",
      fallback_tightened: false,
      paused: null,
      fallback_since: null,
      revision: 1,
    })),
    connections: [],
    drafts: [],
    rotations: [],
    limits: [],
    assistants: [],
    members: [],
    devices: [],
    invites: [],
    record: { size: 0, verified_at: null, root: null, alarm: null },
    join_link: null,
    providers: (Object.keys(USES) as Provider[]).map((provider) => ({
      provider,
      uses: USES[provider],
      can_make: provider === "openai",
      admin_key_kept: false,
    })),
  };
}

/** The agency. */
export const AGENCY: AgencyView = {
  name: "Morgenrot",
  contact: "help@morgenrot.example",
  url: "https://keys.morgenrot.example",
  words: ["harbor", "violin", "nuclear", "cabbage", "orbit", "maple"],
  egress_addresses: ["203.0.113.20", "203.0.113.21"],
};

/** The person who sits here. */
export const ME: MeView = { member: "mb_anna", device: "dv_anna", name: "Anna Berger", role: "owner", client_name: "Northlight Studio" };

/** A client that has just joined: nothing is connected yet. */
const HELD: HeldKey[] = [
  { connection: "cn_openai", name: "Marketing", provider: "openai", version: 3, stage: "current", last_four: null },
  { connection: "cn_gemini", name: "Gemini", provider: "gemini", version: 1, stage: "previous", last_four: null },
];

export function joined(): AppState {
  return {
    ...welcome(),
    stage: "joined",
    freshness: { online: true, as_of: ago(1), failure: null },
    agency: { ...AGENCY },
    me: { ...ME },
    needs_you: [{ kind: "nothing_connected", connection: null, provider: null, use: null, since: null }],
    assistants: [
      {
        id: "as_news",
        name: "Newsletter writer",
        uses: ["chat", "images"],
        low_stakes: false,
        paused: null,
        tokens: [
          { name: "production", uses: ["chat", "images"], since: ago(60 * 24 * 20), expires: ago(-60 * 24 * 70), last_used: ago(2) },
          { name: "", uses: ["chat"], since: ago(60 * 24 * 40), expires: null, last_used: null },
        ],
      },
      { id: "as_desk", name: "Help desk", uses: ["chat", "voice"], low_stakes: false, paused: null, tokens: [] },
      { id: "as_ideas", name: "Idea box", uses: ["chat", "images", "voice"], low_stakes: true, paused: null, tokens: [] },
    ],
    members: [
      { id: "mb_anna", name: "Anna Berger", role: "owner", me: true, devices: 1, revision: 1 },
      { id: "mb_jon", name: "Jon Okafor", role: "member", me: false, devices: 2, revision: 1 },
    ],
    devices: [
      { id: "dv_anna", name: "Anna's laptop", member: "mb_anna", member_name: "Anna Berger", this_device: true, enrolled: ago(60 * 24 * 60), revoked: null, held: [] },
      { id: "dv_jon", name: "Studio desktop", member: "mb_jon", member_name: "Jon Okafor", this_device: false, enrolled: ago(60 * 24 * 12), revoked: null, held: HELD },
      { id: "dv_old", name: "Old phone", member: "mb_jon", member_name: "Jon Okafor", this_device: false, enrolled: ago(60 * 24 * 90), revoked: ago(60 * 24 * 12), held: [] },
    ],
    invites: [{ id: "act_invite", name: "Mira Sato", role: "viewer", expires: ago(-60 * 24 * 2) }],
    record: { size: 6, verified_at: ago(2), root: "9f2c41d07be8a35e", alarm: null },
  };
}

/** A client with accounts for every use, one that is not used, and something in the making. */
export function busy(): AppState {
  const state = joined();
  const openai = connection("cn_openai", "openai", {
    uses: ["chat", "voice"],
    name: "Marketing",
    due: { at: ago(-60 * 24 * 49), reason: "agreement", near: null, by_itself: true },
  });
  const anthropic = connection("cn_anthropic", "anthropic", {
    versions: [
      { number: 2, stage: "current", health: "works", at_provider: "live", last_four: "x7Qp", since: ago(60 * 24 * 9), pushed: ago(60 * 24 * 9) },
      { number: 1, stage: "retired", health: "works", at_provider: "revoked", last_four: "91Lk", since: ago(60 * 24 * 9), pushed: ago(60 * 24 * 120) },
    ],
    current: 2,
    last_call: { ...callOf("Help desk", "claude-opus-4-7", 1, 2) },
    owner: "Jon Okafor",
    owner_member: "mb_jon",
    schedule: { kind: "every", days: 60 },
    due: { at: ago(-60 * 24 * 51), reason: "schedule", near: null, by_itself: false },
    secret_here: false,
    secret_on: "Studio desktop",
  });
  const stability = connection("cn_stability", "stability", {
    uses: [],
    last_call: null,
    check: checked(
      [
        { what: "reach", answer: "yes", code: "ok" },
        { what: "key", answer: "yes", code: "ok" },
        { what: "model", answer: "yes", code: "ok" },
        { what: "credit", answer: "no", code: "no_credit", words: "{\"credits\":0}" },
        { what: "scope", answer: "not_provable", code: "scope_unseen" },
      ],
      60 * 5,
    ),
  });
  state.connections = [openai, anthropic, stability];
  state.uses = state.uses.map((use) => {
    if (use.use === "chat") {
      return { ...use, payer: "own", preferred: "cn_anthropic", model: "claude-opus-4-7", models: MODELS.anthropic, serving: ["cn_anthropic", "cn_openai"], revision: 4 };
    }
    if (use.use === "voice") {
      return { ...use, payer: "own", preferred: "cn_openai", model: null, models: MODELS.openai.filter((m) => m.uses.includes("voice")), serving: ["cn_openai"], revision: 2 };
    }
    return { ...use, payer: "platform", available: ["cn_stability"], revision: 2 };
  });
  state.drafts = [
    draft("cn_gemini", "gemini", ["images"], {
      how: "by_hand",
      step: "check",
      key: { last_four: "Tz40", kind: "auth key", length_class: "usual" },
      check: checked(sound("gemini"), 4),
      models: MODELS.gemini,
    }),
  ];
  state.needs_you = [
    { kind: "draft_waits", connection: "cn_gemini", provider: "gemini", use: null, since: ago(4) },
    { kind: "revoke_unproven", connection: "cn_openai", provider: "openai", use: null, since: ago(60 * 20) },
  ];
  state.agreement = { agreed: { kind: "every", days: 90 }, since: ago(60 * 24 * 60), proposal: null };
  state.record.size = 31;
  return state;
}

/**
 * Answers commands from memory, so that the window runs in an ordinary browser and in component tests: a small,
 * believable simulation of the journey. It knows no keys; *Paste key* pretends.
 */
import type { AppState } from "../../wire/AppState";
import type { Commands } from "../../wire/commands";
import type { ConnectView } from "../../wire/ConnectView";
import type { Failure } from "../../wire/Failure";
import type { Backend } from "../index";
import { bills, type Books } from "./bills";
import { AGENCY, ago, checked, connection, draft, joined, ME, MODELS, sound } from "./fixtures";
import { page, versionCalls } from "./record";
import { rotations } from "./rotations";
import { failure, scene } from "./scenes";

/** What answers each command. */
export type Answers = { [K in keyof Commands]: (args: Commands[K]["args"]) => Commands[K]["answer"] | Promise<Commands[K]["answer"]> };

/** The backend, with what tests want to see or set. */
export interface Preview extends Backend {
  /** The state as it is. */
  readonly state: AppState;
  /** Commands that were called, newest last. */
  readonly called: { name: keyof Commands; args: unknown }[];
  /** Makes the next call of a command fail. */
  failNext(name: keyof Commands, why: Failure): void;
  /** Bills as they are. */
  readonly books: Books;
  /** Changes the state as news from the agency would. */
  change(edit: (state: AppState) => void): void;
}

/** A preview that starts in the scene of `?scene=…`; `?pace=0` leaves out the waiting. */
export function preview(query: URLSearchParams): Preview {
  let state = scene(query.get("scene"));
  const pace = Number(query.get("pace") ?? "1");
  const listeners = new Set<() => void>();
  const called: { name: keyof Commands; args: unknown }[] = [];
  const failing = new Map<keyof Commands, Failure>();
  let serial = 0;

  const language = query.get("lang");
  const theme = query.get("theme");
  if (language) state.preferences.language = language;
  if (theme) state.preferences.theme = theme;

  const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms * pace));

  function change(edit: (state: AppState) => void) {
    const next = structuredClone(state);
    edit(next);
    next.revision += 1;
    state = next;
    for (const listener of listeners) listener();
  }

  function find(of: AppState, id: string): ConnectView {
    const found = of.drafts.find((d) => d.id === id);
    if (!found) throw failure("not_found");
    return found;
  }

  function edit(id: string, with_: (draft: ConnectView, state: AppState) => void) {
    change((s) => {
      const d = find(s, id);
      d.failure = null;
      with_(d, s);
    });
  }

  async function check(id: string) {
    const verdicts = sound(find(state, id).provider);
    edit(id, (d) => Object.assign(d, { step: "check", busy: "checking", check: { running: true, verdicts: [], at: null } }));
    for (let n = 1; n <= verdicts.length; n++) {
      await pause(450);
      edit(id, (d) => (d.check = { running: n < verdicts.length, verdicts: verdicts.slice(0, n), at: n < verdicts.length ? null : ago(0) }));
    }
    edit(id, (d) => Object.assign(d, { busy: null, models: MODELS[d.provider] }));
  }

  async function send(id: string) {
    edit(id, (d) => Object.assign(d, { step: "confirm", busy: "sending" }));
    await pause(500);
    edit(id, (d) => (d.busy = "waiting_for_receipt"));
    await pause(1200);
    edit(id, (d, s) => {
      d.busy = null;
      d.receipt = { outcome: "works", at: ago(0), check: checked(sound(d.provider)), fingerprint: "4be1f09a77c2d310" };
      const low = s.assistants.find((a) => a.low_stakes && d.uses.some((use) => a.uses.includes(use)));
      d.trial = low ? { assistant: low.id, name: low.name, since: null, first_call: null } : null;
      d.step = low ? "try" : "use";
      s.record.size += 3;
    });
  }

  function promote(id: string, uses: ConnectView["uses"], preferred: ConnectView["uses"]) {
    edit(id, (d, s) => {
      d.step = "done";
      const old = s.connections.find((c) => c.id === id);
      const number = d.parcel?.version ?? 1;
      const version = { number, stage: "current" as const, health: "works" as const, at_provider: "live" as const, last_four: d.key?.last_four ?? null, since: ago(0), pushed: ago(0) };
      const made = connection(id, d.provider, { ...old, uses, current: number, check: d.check, last_call: null, versions: [version, ...(old?.versions ?? []).map((v) => ({ ...v, stage: "previous" as const }))] });
      s.connections = [...s.connections.filter((c) => c.id !== id), made];
      for (const use of s.uses.filter((u) => uses.includes(u.use))) {
        use.payer = "own";
        use.available = use.available.filter((other) => other !== id);
        use.serving = preferred.includes(use.use) ? [id, ...use.serving.filter((c) => c !== id)] : [...use.serving.filter((c) => c !== id), id];
        if (preferred.includes(use.use) || use.preferred === null) {
          use.preferred = id;
          use.models = d.models.filter((m) => m.uses.includes(use.use));
          use.model = d.picks.find((p) => p.use === use.use)?.model ?? null;
        }
        use.revision += 1;
      }
      s.needs_you = s.needs_you.filter((n) => n.kind !== "nothing_connected" && n.connection !== id);
      s.record.size += 1;
    });
    void pause(1500).then(() => {
      const call = { at: ago(0), assistant: "Newsletter writer", model: find(state, id).models[0]?.id ?? null, paid_by: "own" as const, version: 1, status: 200 };
      edit(id, (d) => (d.first_calls = [call]));
      change((s) => {
        const c = s.connections.find((one) => one.id === id);
        if (c) c.last_call = call;
      });
    }, () => undefined);
  }

  const books = bills({ state: () => state, change, pause, variant: query.get("bills") });

  const answers: Answers = {
    app_state: () => state,
    refresh: async () => {
      await pause(300);
      change((s) => {
        s.freshness = { online: true, as_of: ago(0), failure: null };
        s.record.verified_at = ago(0);
      });
      return null;
    },
    alarm_read: () => (change((s) => Object.assign(s, { stage: "joined", record: { ...s.record, alarm: null } })), null),
    set_preferences: ({ preferences }) => (change((s) => (s.preferences = preferences)), null),
    join_preview: async ({ link }) => {
      await pause(500);
      if (!/^(https:\/\/|http:\/\/127\.0\.0\.1|ownkey:\/\/)/.test(link)) throw failure("link_malformed");
      const { name: agency, url, contact, words } = AGENCY;
      return { agency, url, contact, words, client: ME.client_name, member: ME.name, role: ME.role, expires: ago(-60 * 48) };
    },
    join_accept: async ({ device_name }) => {
      await pause(600);
      change((s) => {
        Object.assign(s, { ...joined(), preferences: s.preferences, revision: s.revision });
        const device = s.devices.find((d) => d.this_device);
        if (device) device.name = device_name;
      });
      return null;
    },
    connect_start: ({ provider, uses }) => {
      const id = `cn_preview${++serial}`;
      change((s) => (s.drafts = [...s.drafts, draft(id, provider, uses, { started: ago(0) })]));
      return id;
    },
    connect_how: ({ id, how }) => (edit(id, (d) => Object.assign(d, { how, step: "key" })), null),
    connect_paste: async ({ id }) => {
      const of = find(state, id);
      if (of.provider === "stability" && of.asked === null) {
        edit(id, (d) => (d.asked = { last_four: "3f9A", kind: "api key", length_class: "usual" }));
        throw failure("ambiguous_key");
      }
      edit(id, (d) => (d.busy = "keeping"));
      await pause(300);
      const admin = find(state, id).how === "made_for_me";
      edit(id, (d) => Object.assign(d, { busy: null, key: { last_four: admin ? "Ad1n" : "3f9A", kind: admin ? "admin key" : "project key", length_class: "usual" } }));
      if (!admin) await check(id);
      return null;
    },
    connect_paste_sure: async ({ id }) => {
      edit(id, (d) => Object.assign(d, { asked: null, key: d.asked }));
      await check(id);
      return null;
    },
    connect_make: async ({ id }) => {
      const what = ["project", "service_account", "first_key_deleted", "scoped_key"];
      for (let n = 0; n <= what.length; n++) {
        edit(id, (d) => Object.assign(d, { busy: "making", making: what.map((w, i) => ({ what: w, done: i < n })) }));
        await pause(500);
      }
      edit(id, (d) => Object.assign(d, { busy: null, key: { last_four: "m4D3", kind: "service account key", length_class: "usual" } }));
      await check(id);
      return null;
    },
    connect_check: async ({ id }) => (await check(id), null),
    connect_pick: ({ id, picks }) => (edit(id, (d) => (d.picks = picks)), null),
    connect_review: ({ id }) => {
      edit(id, (d, s) => Object.assign(d, { step: "review", parcel: { agency: s.agency?.name ?? "", sealing_key: "sk_01kb2m6c3n8r5t7v9w2x4y6z8a", suite: "xwing-sha256-chacha20poly1305", bytes: 2364, version: 1 } }));
      return null;
    },
    connect_send: async ({ id }) => (await send(id), null),
    connect_try: async ({ id }) => {
      edit(id, (d) => d.trial && (d.trial.since = ago(0)));
      void pause(1200).then(() => edit(id, (d) => d.trial && (d.trial.first_call = { at: ago(0), assistant: d.trial.name, model: d.models[0]?.id ?? null, paid_by: "own", version: 1, status: 200 }))).catch(() => undefined);
      return null;
    },
    connect_skip_try: ({ id }) => (edit(id, (d) => (d.step = "use")), null),
    connect_use: async ({ id, uses, preferred }) => {
      edit(id, (d) => (d.busy = "switching"));
      await pause(400);
      edit(id, (d) => (d.busy = null));
      promote(id, uses, preferred);
      return null;
    },
    connect_back: ({ id }) => {
      const order = ["how", "key", "check", "review", "confirm", "try", "use"] as const;
      edit(id, (d) => (d.step = order[Math.max(0, order.findIndex((s) => s === d.step) - 1)] ?? "how"));
      return null;
    },
    connect_discard: ({ id }) => (change((s) => (s.drafts = s.drafts.filter((d) => d.id !== id))), null),
    connect_close: ({ id }) => (change((s) => (s.drafts = s.drafts.filter((d) => d.id !== id))), null),
    keep_admin_key: ({ provider }) => (change((s) => {
      for (const p of s.providers.filter((one) => one.provider === provider)) p.admin_key_kept = true;
      for (const r of s.rotations.filter((one) => one.provider === provider && one.may_end_old)) {
        Object.assign(r, { ends_old: true, may_end_old: false });
        if (r.wait?.kind === "old_revoked") Object.assign(r, { state: "going", wait: null });
      }
    }), null),
    forget_admin_key: ({ provider }) => (change((s) => {
      for (const p of s.providers.filter((one) => one.provider === provider)) p.admin_key_kept = false;
    }), null),
    ...rotations({ state: () => state, change, pause }),
    ...books.answers,
    check_now: async ({ connection: id }) => {
      const set = (running: boolean, n: number) => change((s) => {
        const c = s.connections.find((one) => one.id === id);
        if (c) c.check = { running, verdicts: sound(c.provider).slice(0, n), at: running ? null : ago(0) };
      });
      for (let n = 0; n <= 5; n++) {
        set(n < 5, n);
        await pause(300);
      }
      return null;
    },
    set_schedule: ({ connection: id, schedule }) => (change((s) => {
      const agreed = s.agreement.agreed;
      for (const c of s.connections.filter((one) => one.id === id)) {
        const own = schedule === null ? agreed : schedule;
        c.schedule = schedule;
        c.due = own === null ? null : { at: own.kind === "by" ? own.at : ago(-60 * 24 * own.days), reason: schedule === null ? "agreement" : "schedule", near: null, by_itself: c.due?.by_itself ?? false };
      }
    }), null),
    set_owner: ({ connection: id, member }) => (change((s) => {
      const name = s.members.find((m) => m.id === member)?.name ?? "";
      for (const c of s.connections.filter((one) => one.id === id)) Object.assign(c, { owner_member: member, owner: name });
    }), null),
    answer_agreement: ({ schedule, accept }) => (change((s) => {
      s.agreement = accept ? { agreed: schedule, since: ago(0), proposal: null } : { ...s.agreement, proposal: null };
      s.needs_you = s.needs_you.filter((n) => n.kind !== "agreement_waits");
    }), null),
    rename_connection: ({ connection: id, name }) => (change((s) => {
      const c = s.connections.find((one) => one.id === id);
      if (c) c.name = name;
    }), null),
    change_use: ({ change: wanted }) => {
      if (state.uses.find((u) => u.use === wanted.use)?.revision !== wanted.revision) throw failure("stale");
      change((s) => {
        const use = s.uses.find((u) => u.use === wanted.use);
        if (!use) return;
        const all = [...use.serving, ...use.available];
        Object.assign(use, { payer: wanted.payer, preferred: wanted.preferred, model: wanted.model, serving: wanted.serving, available: all.filter((id) => !wanted.serving.includes(id)), revision: use.revision + 1 });
        for (const c of s.connections) c.uses = s.uses.filter((u) => u.serving.includes(c.id)).map((u) => u.use);
        s.record.size += 1;
      });
      return null;
    },
    pause: ({ what, on }) => {
      const since = on ? ago(0) : null;
      change((s) => {
        for (const u of s.uses.filter((one) => what.kind === "use" && one.use === what.of)) u.paused = since;
        for (const c of s.connections.filter((one) => what.kind === "connection" && one.id === what.of)) c.paused = since;
        for (const a of s.assistants.filter((one) => what.kind === "assistant" && one.id === what.of)) a.paused = since;
        s.needs_you = s.needs_you.filter((n) => n.kind !== "paused" || ![n.use, n.connection, n.assistant].includes(what.of));
        s.record.size += 1;
      });
      return null;
    },
    limit_fallback: ({ change: wanted }) => {
      if (state.uses.find((u) => u.use === wanted.use)?.revision !== wanted.revision) throw failure("stale");
      change((s) => {
        for (const u of s.uses.filter((one) => one.use === wanted.use)) {
          Object.assign(u, { fallback_tightened: wanted.stop, fallback: wanted.stop ? "stop" : u.fallback_set, revision: u.revision + 1 });
        }
        s.needs_you = s.needs_you.filter((n) => n.kind !== "fallback_runs" || n.use !== wanted.use);
      });
      return null;
    },
    set_limit: ({ change: { scope, ...bounds } }) => {
      const same = JSON.stringify(scope);
      change((s) => {
        s.limits = s.limits.filter((l) => JSON.stringify(l.scope) !== same);
        if (bounds.money_micro !== null || bounds.units !== null || bounds.calls_per_minute !== null) s.limits.push({ scope, ...bounds, reached: null });
      });
      return null;
    },
    revoke: async ({ connection: id }) => {
      await pause(600);
      change((s) => {
        for (const c of s.connections.filter((one) => one.id === id)) {
          Object.assign(c, { uses: [], current: null, versions: c.versions.map((v) => ({ ...v, stage: "retired", at_provider: v.at_provider === "live" ? "unproven" : v.at_provider })) });
        }
        for (const use of s.uses) {
          use.serving = use.serving.filter((c) => c !== id);
          if (use.preferred === id) use.preferred = use.serving[0] ?? null;
          if (use.payer === "own" && use.serving.length === 0) Object.assign(use, { payer: null, model: null });
        }
      });
      return null;
    },
    stop_leaked: ({ connection: id, version }) => (change((s) => {
      for (const device of s.devices) device.held = device.held.filter((key) => key.connection !== id || key.version !== version);
    }), null),
    prove_revoked: async ({ connection: id, version }) => {
      await pause(500);
      change((s) => {
        const found = s.connections.find((c) => c.id === id)?.versions.find((v) => v.number === version);
        if (found) found.at_provider = "revoked";
        s.needs_you = s.needs_you.filter((n) => n.kind !== "revoke_unproven");
      });
      return null;
    },
    version_calls: ({ version, before }) => versionCalls(version, before),
    receipt: ({ connection: id, version }) => ({
      text: JSON.stringify({ v: 1, agency: "Morgenrot", connection: id, version, outcome: "works", at: ago(0) }, null, 2),
      signed_by: "gk_01kb2m6c3n8r5t7v9w2x4y6z8a",
    }),
    history: ({ filter }) => page(state.record.size, filter),
    invite_member: ({ name, role }) => {
      const expires = ago(-60 * 72);
      change((s) => (s.invites = [...s.invites, { id: `act_preview${++serial}`, name, role, expires }]));
      return { link: "https://keys.morgenrot.example/join#Zm9yLXByZXZpZXctb25seQ.c2hvd24tb25jZQ.7", expires };
    },
    change_member: ({ member, role, revision }) => {
      const found = state.members.find((m) => m.id === member);
      if (found?.revision !== revision) throw failure("stale");
      change((s) => {
        for (const m of s.members.filter((one) => one.id === member)) Object.assign(m, { role, revision: revision + 1 });
      });
      return null;
    },
    remove_member: ({ member }) => (change((s) => (s.members = s.members.filter((m) => m.id !== member))), null),
    revoke_device: ({ device }) => (change((s) => {
      for (const d of s.devices.filter((one) => one.id === device)) d.revoked = ago(0);
    }), null),
    open_page: () => null,
    copy: () => null,
    practice_key: () => null,
    quit: () => null,
  };

  return {
    get state() {
      return state;
    },
    called,
    books: books.books,
    failNext: (name, why) => failing.set(name, why),
    change,
    async call(name, args) {
      if (name !== "app_state") called.push({ name, args });
      const why = failing.get(name);
      if (why) {
        failing.delete(name);
        throw why;
      }
      return structuredClone(await answers[name](args));
    },
    async onChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}


/** Replacing a key, as the preview plays it: the steps one after the other, and the waits for a person's hand. */
import type { AppState } from "../../wire/AppState";
import type { RotationView } from "../../wire/RotationView";
import { ago, draft, rotation, rotationSteps } from "./fixtures";
import type { Answers } from "./index";
import { failure } from "./scenes";

type Name = Extract<keyof Answers, `rotation_${string}`>;

interface World {
  state: () => AppState;
  change: (edit: (state: AppState) => void) => void;
  pause: (ms: number) => Promise<void>;
}

/** The commands of a rotation. */
export function rotations({ state, change, pause }: World): Pick<Answers, Name> {
  function find(of: AppState, id: string): RotationView {
    const found = of.rotations.find((r) => r.connection === id);
    if (!found) throw failure("not_found");
    return found;
  }

  const edit = (id: string, given: Partial<RotationView>) => change((s) => void Object.assign(find(s, id), { failure: null, asked: null, wait: null, stuck: null, state: "going", ...given }));
  const running = (id: string) => state().rotations.some((r) => r.connection === id && r.state === "going");

  /** From one step to another, as long as nobody stops it. */
  async function walk(id: string, from: number, to: number): Promise<boolean> {
    for (let done = from; done <= to; done++) {
      const { provider, leaked, automatic } = find(state(), id);
      const like = rotation(id, provider, done, { leaked, automatic });
      edit(id, { steps: like.steps, runs_on: like.runs_on, cancel: like.cancel && { ...like.cancel, by_hand: !automatic }, new_last_four: like.new_last_four });
      await pause(700);
      if (!running(id)) return false;
    }
    return true;
  }

  async function proveDead(id: string) {
    edit(id, { state: "waiting", wait: { kind: "still_accepted", until: ago(-0.1), why: null } });
    await pause(1500);
    const refused_at = ago(0);
    edit(id, { state: "done", steps: rotationSteps(7), runs_on: "new", cancel: null, report: { refused_at, ended: refused_at, calls: { all: 214, failed: 0 } } });
    change((s) => {
      const { new: number, new_last_four: last_four } = find(s, id);
      for (const c of s.connections.filter((one) => one.id === id)) {
        const before = c.versions.map((v) => ({ ...v, stage: "retired" as const, at_provider: "revoked" as const }));
        Object.assign(c, { current: number, versions: [{ number, stage: "current", health: "works", at_provider: "live", last_four, since: refused_at, pushed: refused_at }, ...before] });
      }
      s.needs_you = s.needs_you.filter((n) => n.connection !== id);
    });
  }

  async function after(id: string) {
    if (!(await walk(id, 1, 6))) return;
    if (find(state(), id).automatic) return proveDead(id);
    edit(id, { state: "waiting", runs_on: "new", wait: { kind: "old_revoked", until: null, why: null } });
  }

  return {
    rotation_start: ({ connection: id, leaked }) => {
      const of = state().connections.find((c) => c.id === id);
      if (!of) throw failure("not_found");
      if (leaked && state().rotations.some((r) => r.connection === id && r.may_leak)) {
        edit(id, { leaked: true, may_leak: false, runs_on: "none", state: "waiting", wait: { kind: "old_revoked", until: null, why: null } });
        return null;
      }
      const automatic = state().providers.some((p) => p.provider === of.provider && p.admin_key_kept);
      const old = of.versions.find((v) => v.stage !== "retired") ?? null;
      const made = rotation(id, of.provider, 0, {
        leaked,
        automatic,
        old: old?.number ?? null,
        old_last_four: old?.last_four ?? null,
        new: Math.max(0, ...of.versions.map((v) => v.number)) + 1,
        started: ago(0),
        runs_on: leaked || old === null ? "none" : "old",
        ...(automatic ? {} : { state: "waiting", wait: { kind: "new_key", until: null, why: null } }),
      });
      change((s) => (s.rotations = [...s.rotations.filter((r) => r.connection !== id), made]));
      if (automatic) void walk(id, 0, 0).then((on) => (on ? after(id) : undefined)).catch(() => undefined);
      return null;
    },
    rotation_paste: async ({ connection: id }) => {
      const of = find(state(), id);
      if (of.provider === "stability" && of.asked === null) {
        edit(id, { state: "waiting", wait: of.wait, asked: { last_four: "9Z3f", kind: "api key", length_class: "usual" } });
        throw failure("ambiguous_key");
      }
      edit(id, {});
      void after(id).catch(() => undefined);
      return null;
    },
    rotation_watch: ({ connection: id, on }) => (change((s) => void Object.assign(find(s, id), { watching: on ? ago(-10) : null })), null),
    rotation_save: () => null,
    rotation_revoked: ({ connection: id }) => {
      const { wait } = find(state(), id);
      if (wait?.kind === "new_revoked") edit(id, { state: "abandoned", cancel: null, report: { refused_at: null, ended: ago(0), calls: { all: 18, failed: 0 } } });
      else void proveDead(id).catch(() => undefined);
      return null;
    },
    rotation_go_on: ({ connection: id }) => {
      const { stuck, provider, steps } = find(state(), id);
      const done = steps.filter((one) => one.state === "done").length;
      if (stuck?.next === "new_connection") {
        edit(id, { state: "abandoned", cancel: null, report: { refused_at: null, ended: ago(0), calls: null } });
        change((s) => (s.drafts = [...s.drafts, draft("cn_apart", provider, ["chat"], { how: "by_hand", step: "check", key: { last_four: "9Z3f", kind: "api key", length_class: "usual" } })]));
      } else if (stuck?.next === "paste_another" || stuck?.next === "go_by_hand" || stuck?.why === "unanswered") {
        edit(id, { automatic: false, state: "waiting", wait: { kind: done < 6 ? "new_key" : "old_revoked", until: null, why: null } });
      } else if (stuck?.next === "cancel") {
        edit(id, { state: "waiting", cancel: null, wait: { kind: "new_revoked", until: null, why: null } });
      } else {
        void walk(id, done + 1, 6).then((on) => (on ? proveDead(id) : undefined)).catch(() => undefined);
      }
      return null;
    },
    rotation_paste_another: ({ connection: id }) => (edit(id, { steps: rotationSteps(0), state: "waiting", wait: { kind: "new_key", until: null, why: null } }), null),
    rotation_try: ({ connection: id, assistant }) => {
      change((s) => {
        for (const c of s.connections.filter((one) => one.id === id)) c.try_first = assistant;
        for (const r of s.rotations.filter((one) => one.connection === id && one.may_try)) {
          r.trial = assistant;
          if (assistant === null && r.wait?.kind === "trial") Object.assign(r, rotation(id, r.provider, 6, { may_try: false, started: r.started }));
        }
      });
      return null;
    },
    rotation_wait: ({ connection: id }) => (edit(id, { state: "waiting", wait: { kind: "quiet", until: ago(-60), why: null } }), null),
    rotation_leave: ({ connection: id }) => (edit(id, { state: "done", cancel: null, report: { refused_at: null, ended: ago(0), calls: { all: 214, failed: 0 } } }), null),
    rotation_cancel: ({ connection: id }) => {
      const { automatic, steps } = find(state(), id);
      const made = steps.some((one) => one.state === "done");
      if (!made) edit(id, { state: "abandoned", cancel: null, report: { refused_at: null, ended: ago(0), calls: { all: 18, failed: 0 } } });
      else if (automatic) edit(id, { state: "going_back", cancel: null });
      else edit(id, { state: "waiting", cancel: null, wait: { kind: "new_revoked", until: null, why: null } });
      return null;
    },
    rotation_close: ({ connection: id }) => (change((s) => (s.rotations = s.rotations.filter((r) => r.connection !== id))), null),
  };
}

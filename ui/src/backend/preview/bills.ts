/** Bills to look at: a month that differs for many reasons, one that agrees, and a provider that tells units alone. */
import type { AppState } from "../../wire/AppState";
import type { BillCause } from "../../wire/BillCause";
import type { BillDay } from "../../wire/BillDay";
import type { BillRate } from "../../wire/BillRate";
import type { BillShare } from "../../wire/BillShare";
import type { BillsView } from "../../wire/BillsView";
import type { BillView } from "../../wire/BillView";
import type { Cause } from "../../wire/Cause";
import type { Commands } from "../../wire/commands";
import { ago } from "./fixtures";

type Names = Extract<keyof Commands, `bills${string}`>;
type Answers = { [K in Names]: (args: Commands[K]["args"]) => Commands[K]["answer"] | Promise<Commands[K]["answer"]> };

/** What the preview keeps of bills. */
export interface Books {
  /** Months by their name, as they would be shown. */
  months: Record<string, BillsView>;
  /** Changes the newest month as new figures would. */
  edit(with_: (view: BillsView) => void): void;
}

/** The newest month of the example. */
export const NEWEST = "2026-11";

const two = (part: number) => String(part).padStart(2, "0");
const sum = (parts: readonly number[]) => parts.reduce((all, part) => all + part, 0);

/** What such a day of the week costs, and a little that no two days have in common. */
function usual(month: string, day: number, scale: number): number {
  const weekday = new Date(`${month}-${two(day)}T00:00:00Z`).getUTCDay();
  const base = [310, 1_480, 1_610, 1_720, 1_590, 1_240, 360][weekday] ?? 0;
  return (base * 1_000 + ((day * 7_919) % 211) * 1_013) * scale;
}

/** Each cause with the days on which it stands, in millionths. */
type Reasons = Partial<Record<Cause, Record<number, number>>>;

function exact(cause: Cause, micro: number): string {
  const whole = `${micro < 0 ? "-" : ""}${Math.floor(Math.abs(micro) / 1_000_000)}.${String(Math.abs(micro) % 1_000_000).padStart(6, "0")}`;
  return cause === "rounding" ? `${whole}274` : whole.replace(/\.?0+$/, "");
}

/** Parts of a whole by tenths; the last takes what is left. */
function parts(whole: number, tenths: readonly number[]): number[] {
  const first = tenths.slice(0, -1).map((tenth) => Math.floor((whole * tenth) / 10));
  return [...first, whole - sum(first)];
}

const ASSISTANTS = ["Newsletter writer", "Help desk", "Idea box"];

function byAssistant(claimed: number, calls: number): BillShare[] {
  const money = parts(claimed, [6, 3, 1]);
  const counts = parts(calls, [6, 3, 1]);
  return ASSISTANTS.map((name, n) => ({ name, calls: counts[n] ?? 0, claimed_micro: money[n] ?? 0, billed_micro: null }));
}

function openai(month: string, last: number, open: readonly number[], spikes: Record<number, number>, reasons: Reasons): BillView {
  const claimed = Array.from({ length: last }, (_, n) => usual(month, n + 1, 1) + (spikes[n + 1] ?? 0));
  const untold = open[open.length - 1];
  const told: Reasons = { ...reasons };
  if (untold !== undefined) told.not_settled = { ...reasons.not_settled, [untold]: -(claimed[untold - 1] ?? 0) };
  const days: BillDay[] = claimed.map((micro, n) => ({
    day: `${month}-${two(n + 1)}`,
    claimed_micro: micro,
    billed_micro: n + 1 === untold ? null : micro + sum(Object.values(told).map((of) => of[n + 1] ?? 0)),
    settled: !open.includes(n + 1),
  }));
  const causes: BillCause[] = (Object.keys(told) as Cause[])
    .map((cause) => {
      const of = Object.entries(told[cause] ?? {});
      const micro = sum(of.map(([, amount]) => amount));
      const heaviest = of.sort(([, a], [, b]) => Math.abs(b) - Math.abs(a)).slice(0, 5);
      return { cause, micro, exact: exact(cause, micro), days: heaviest.map(([day]) => `${month}-${two(Number(day))}`) };
    })
    .sort((a, b) => Math.abs(b.micro) - Math.abs(a.micro));
  const claimedAll = sum(claimed);
  const billedAll = sum(days.map((day) => day.billed_micro ?? 0));
  const elsewhere = sum(Object.values(reasons.used_elsewhere ?? {}));
  const ours = parts(claimedAll, [7, 2, 1]);
  const theirs = parts(billedAll - elsewhere, [7, 2, 1]);
  const models: BillShare[] = ["gpt-5.2", "gpt-5-mini", "gpt-4o-transcribe"].map((name, n) => ({
    name,
    calls: [1_412, 2_893, 207][n] ?? 0,
    claimed_micro: ours[n] ?? 0,
    billed_micro: theirs[n] ?? 0,
  }));
  if (elsewhere !== 0) models.push({ name: "gpt-image-2", calls: 0, claimed_micro: 0, billed_micro: elsewhere });
  return {
    id: "cn_openai",
    name: "Marketing",
    provider: "openai",
    basis: "money",
    as_of: ago(60 * 2),
    currency: "USD",
    claimed_micro: claimedAll,
    billed_micro: billedAll,
    within: true,
    days,
    causes,
    models,
    assistants: byAssistant(claimedAll, 4_512),
    units: [],
    forecast: null,
    unusual: [],
    spend_limit: month === NEWEST ? { micro: 250_000_000, enforcing: false, as_of: ago(60 * 2) } : null,
    shared: false,
    files: [],
    alert: month === NEWEST ? { micro: null, so_far_micro: Math.max(claimedAll, billedAll), reached: false } : null,
    statement: { through: days[days.length - 2]?.day ?? `${month}-01`, sent: null },
  };
}

function onlyClaimed(given: Pick<BillView, "id" | "name" | "provider" | "basis">, month: string, last: number, model: string): BillView {
  const days = Array.from({ length: last }, (_, n) => n + 1)
    .filter((day) => day % 3 !== 0)
    .map((day): BillDay => ({ day: `${month}-${two(day)}`, claimed_micro: usual(month, day, 1), billed_micro: null, settled: false }));
  const claimed = sum(days.map((day) => day.claimed_micro));
  return {
    ...given,
    as_of: null,
    currency: "USD",
    claimed_micro: claimed,
    billed_micro: null,
    within: false,
    days,
    causes: [],
    models: [{ name: model, calls: 618, claimed_micro: claimed, billed_micro: null }],
    assistants: byAssistant(claimed, 618),
    units: [],
    forecast: null,
    unusual: [],
    spend_limit: null,
    shared: false,
    files: [],
    alert: month === NEWEST ? { micro: null, so_far_micro: claimed, reached: false } : null,
    statement: { through: days[days.length - 2]?.day ?? `${month}-01`, sent: null },
  };
}

/** An account whose credits are looked at from a day on; on one day some went elsewhere. */
function credits(month: string, last: number, from: number): BillView {
  const bill = onlyClaimed({ id: "cn_stability", name: "Stability AI", provider: "stability", basis: "money" }, month, last, "stable-image-core");
  const over = 160_000;
  const untold = sum(bill.days.filter((day) => Number(day.day.slice(8)) < from).map((day) => day.claimed_micro));
  const days = bill.days.map((day): BillDay => {
    const of = Number(day.day.slice(8));
    return { ...day, settled: true, billed_micro: of < from ? null : day.claimed_micro + (of === 22 ? over : 0) };
  });
  const cause = (cause: Cause, micro: number, days: string[]): BillCause => ({ cause, micro, exact: exact(cause, micro), days });
  const billed = bill.claimed_micro - untold + over;
  return {
    ...bill,
    as_of: ago(60 * 24 * 20),
    days,
    billed_micro: billed,
    within: true,
    shared: true,
    models: bill.models.map((model) => ({ ...model, billed_micro: billed - over })),
    causes: [
      cause("not_told", -untold, bill.days.slice(0, 4).map((day) => day.day)),
      cause("used_elsewhere", over, [`${month}-22`]),
    ],
  };
}

function month(of: string, connections: BillView[], platform: BillShare[]): BillsView {
  const billed = connections.filter((one) => one.billed_micro !== null);
  return {
    month: of,
    months: ["2026-11", "2026-10", "2026-09"],
    on: true,
    fetching: null,
    reading: null,
    dropped: null,
    failure: null,
    agency_as_of: ago(4),
    margin_permille: 10,
    margin_micro: 500_000,
    connections,
    platform,
    rates: [],
    totals: billed.length === 0 ? [] : [{ currency: "USD", claimed_micro: sum(billed.map((one) => one.claimed_micro)), billed_micro: sum(billed.map((one) => one.billed_micro ?? 0)) }],
  };
}

/** Three months of a client with accounts. */
function examples(): Record<string, BillsView> {
  const november = openai(NEWEST, 26, [25, 26], { 19: 5_204_000 }, {
    used_elsewhere: { 16: 1_842_300, 17: 1_218_950, 18: 640_125 },
    not_metered: { 12: 450_000 },
    unknown_calls: { 9: 214_500 },
    free_tier: { 2: -180_000 },
    cut_streams: { 11: 61_200, 20: 25_118 },
    day_edge: { 4: 122_400, 5: -122_400 },
    rounding: { 3: 141, 6: 97, 10: 174 },
    not_settled: { 25: -310_400 },
  });
  november.forecast = { micro: 44_870_000, low_micro: 40_120_000, high_micro: 51_300_000 };
  november.unusual = [{ day: `${NEWEST}-19`, micro: november.days[18]?.claimed_micro ?? 0, usual_micro: 1_631_000, assistants: ["Newsletter writer", "Idea box"] }];
  const october = openai("2026-10", 31, [], {}, { price: { 14: -96_300, 21: -88_120 }, rounding: { 1: 212 } });
  const replicate = onlyClaimed({ id: "cn_replicate", name: "Replicate", provider: "replicate", basis: "units" }, NEWEST, 24, "black-forest-labs/flux-dev");
  replicate.as_of = ago(60 * 2);
  replicate.within = true;
  replicate.units = [
    { name: "predict_ms", claimed: 780_000, told: 786_500 },
    { name: "images", claimed: 260, told: null },
  ];
  const anthropic = onlyClaimed({ id: "cn_anthropic", name: "Anthropic", provider: "anthropic", basis: "needs_admin_key" }, NEWEST, 26, "claude-opus-4-7");
  const before = onlyClaimed({ id: "cn_anthropic", name: "Anthropic", provider: "anthropic", basis: "not_fetched" }, "2026-10", 31, "claude-opus-4-7");
  return {
    [NEWEST]: month(NEWEST, [november, replicate, anthropic], [{ name: "Idea box", calls: 42, claimed_micro: 1_310_240, billed_micro: null }]),
    "2026-10": month("2026-10", [october, credits("2026-10", 31, 6), before], []),
    "2026-09": month("2026-09", [], []),
  };
}

/** Prices for the same: the later one counts. */
const same = (a: BillRate, b: BillRate) => a.provider === b.provider && a.model === b.model && a.unit === b.unit && a.from === b.from;

/** Whether the settled days differ by no more than the margin. */
function within(bill: BillView, view: BillsView): boolean {
  if (bill.basis !== "money") return bill.within;
  const days = bill.days.filter((day) => day.settled && day.billed_micro !== null);
  const billed = sum(days.map((day) => day.billed_micro ?? 0));
  return Math.abs(billed - sum(days.map((day) => day.claimed_micro))) <= Math.max(view.margin_micro, (billed * view.margin_permille) / 1_000);
}

/** Commands about bills. `variant` starts in a state that is worth a look: `off`, `fetching`, `failed`, `dropped`, `reading`. */
export function bills({ state, change, pause, variant }: { state: () => AppState; change: (edit: (state: AppState) => void) => void; pause: (ms: number) => Promise<void>; variant: string | null }): { answers: Answers; books: Books } {
  const months = examples();
  let stopped = false;

  function all(with_: (view: BillsView) => void) {
    for (const view of Object.values(months)) with_(view);
    change(() => undefined);
  }

  /** An amount to be told at; the strip says it where it is reached. */
  function tellAt(connection: string, micro: number | null) {
    const bill = months[NEWEST]?.connections.find((one) => one.id === connection);
    if (!bill?.alert) return;
    Object.assign(bill.alert, { micro, reached: micro !== null && bill.alert.so_far_micro >= micro });
    const { provider, alert } = bill;
    change((state) => {
      state.needs_you = state.needs_you.filter((need) => need.kind !== "bill_reached" || need.connection !== connection);
      if (alert.reached) state.needs_you.push({ kind: "bill_reached", connection, provider, use: null, since: ago(0) });
    });
  }

  function start() {
    for (const view of Object.values(months)) {
      if (variant === "off") Object.assign(view, { on: false, connections: view.connections.map((one) => ({ ...one, basis: "not_fetched", as_of: null, billed_micro: null, within: false, causes: [], units: [], days: one.days.map((day) => ({ ...day, billed_micro: null, settled: false })), models: one.models.filter((model) => model.calls > 0).map((model) => ({ ...model, billed_micro: null })) })), totals: [] });
      if (variant === "fetching") view.fetching = { done: 3, of: 12 };
      if (variant === "dropped") view.dropped = "costs-2026-11.csv";
      if (variant === "reading") view.reading = { done: 84, of: 200 };
      if (variant === "failed") view.failure = { code: "provider_unreachable", ref: "7F3K-2Q", fields: [{ name: "provider", value: "openai" }] };
    }
  }
  start();

  return {
    books: {
      months,
      edit: (with_) => {
        const newest = months[NEWEST];
        if (newest) with_(newest);
        change(() => undefined);
      },
    },
    answers: {
      bills: ({ month: of }) => {
        const view = structuredClone(months[of ?? NEWEST] ?? month(of ?? NEWEST, [], []));
        if (state().connections.length === 0) Object.assign(view, { months: [NEWEST], connections: [], platform: [], totals: [], on: false, agency_as_of: null });
        for (const bill of view.connections) bill.within = within(bill, view);
        return view;
      },
      bills_switch: ({ on }) => (all((view) => (view.on = on)), null),
      bills_fetch: async () => {
        stopped = false;
        for (let done = 0; done < 12 && !stopped; done += 3) {
          all((view) => Object.assign(view, { fetching: { done, of: 12 }, failure: null }));
          await pause(700);
        }
        all((view) => {
          view.fetching = null;
          view.agency_as_of = ago(0);
          for (const bill of view.connections) if (bill.as_of !== null) bill.as_of = ago(0);
        });
        return null;
      },
      bills_stop: () => {
        stopped = true;
        all((view) => Object.assign(view, { fetching: null, reading: null }));
        return null;
      },
      bills_spend_limit: ({ connection, micro }) => {
        all((view) => view.connections.filter((bill) => bill.id === connection && bill.spend_limit).forEach((bill) => (bill.spend_limit = { micro, enforcing: false, as_of: ago(0) })));
        return null;
      },
      bills_alert: ({ connection, micro }) => (tellAt(connection, micro), null),
      bills_rate_add: ({ rate }) => (all((view) => (view.rates = [...view.rates.filter((one) => !same(one, rate)), rate])), null),
      bills_rate_remove: ({ rate }) => (all((view) => (view.rates = view.rates.filter((one) => !same(one, rate)))), null),
      bills_margin: ({ permille, micro }) => (all((view) => Object.assign(view, { margin_permille: permille, margin_micro: micro })), null),
      bills_add_file: ({ connection }) => {
        all((view) => {
          view.dropped = null;
          for (const bill of view.connections) if (bill.id === connection) bill.files = [{ name: "costs.csv", at: ago(0), lines: 812 }];
        });
        return { months: [NEWEST], lines: 812, passed_over: 3 };
      },
      bills_leave_file: () => (all((view) => (view.dropped = null)), null),
      bills_save: () => null,
      bills_send: ({ connection }) => {
        all((view) => view.connections.filter((bill) => bill.id === connection).forEach((bill) => (bill.statement = { through: bill.statement?.through ?? "", sent: ago(0) })));
        return null;
      },
    },
  };
}

import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";

import { app } from "../src/app.svelte";
import type { Preview } from "../src/backend/preview";
import { failure } from "../src/backend/preview/scenes";
import { counted, marks, verdict } from "../src/rooms/bills/figures";
import type { BillsView } from "../src/wire/BillsView";
import type { BillView } from "../src/wire/BillView";
import { click, expectAccessible, find, inside, openWindow, type } from "./window";

/** The room with the example, after a change of it. */
async function room(edit?: (view: BillsView) => void): Promise<Preview> {
  const backend = await openWindow("busy");
  if (edit) backend.books.edit(edit);
  app.go({ room: "bills" });
  await find("bills-month");
  await waitFor(() => expect(app.state?.revision).toBe(backend.state.revision));
  return backend;
}

const sent = (backend: Preview, name: string) => backend.called.filter((one) => one.name === name).map((one) => one.args);
const cards = () => screen.getAllByTestId("bill");
const card = (id: string): HTMLElement => {
  const found = cards().find((one) => one.dataset["connection"] === id);
  if (!found) throw new Error(`no bill of ${id}`);
  return found;
};
const text = (element: Element) => (element.textContent ?? "").replace(/\s+/g, " ").trim();
const cells = (row: Element) => [...row.children].map(text).join(" ");

/** A bill of three days. */
function small(given: Partial<BillView> = {}): BillView {
  return {
    id: "cn_openai", name: "Marketing", provider: "openai", basis: "money", as_of: null, currency: "EUR",
    claimed_micro: 6_000_000, billed_micro: 6_040_000, within: true,
    days: [
      { day: "2026-11-01", claimed_micro: 1_000_000, billed_micro: 1_000_000, settled: true },
      { day: "2026-11-02", claimed_micro: 2_000_000, billed_micro: 2_040_000, settled: true },
      { day: "2026-11-03", claimed_micro: 3_000_000, billed_micro: 3_000_000, settled: false },
    ],
    causes: [], models: [], assistants: [], units: [], forecast: null, unusual: [], alert: null, shared: false, files: [], statement: null, spend_limit: null, ...given,
  };
}

const only = (given: Partial<BillView> = {}) => (view: BillsView) => void Object.assign(view, { connections: [small(given)], platform: [], totals: [] });

describe("both columns", () => {
  it("stand side by side with their difference in money and per cent", async () => {
    await room(only());
    expect(text(inside(card("cn_openai"), "bill-billed"))).toBe("€6.04");
    expect(text(inside(card("cn_openai"), "bill-claimed"))).toBe("€6.00");
    expect(text(inside(card("cn_openai"), "bill-difference"))).toBe("+€0.04 +0.7%");
    expect(text(inside(card("cn_openai"), "bill-verdict"))).toContain("differ by €0.04. That is within your margin");
    expect(text(inside(card("cn_openai"), "bill-open"))).toBe("Of the difference above, €0.00 is from 1 day that is not settled.");
    await expectAccessible();
  });

  it("beyond the margin it says by how much, which way and on which days", async () => {
    await room();
    const said = text(inside(card("cn_openai"), "bill-verdict"));
    expect(card("cn_openai").dataset["word"]).toBe("differ");
    expect(said).toContain("OpenAI billed $4.27 more than the agency says. That is beyond your margin.");
    expect(said).toContain("Most of it is from November 16, November 17, and November 18.");
    expect(said).toContain("-$2.07 is from 2 days that are not settled");
  });

  it("the agency may be the one that says more, and a bill may be below nothing", async () => {
    const backend = await room(only({ claimed_micro: 1_000_000, billed_micro: -2_000_000, days: [{ day: "2026-11-02", claimed_micro: 1_000_000, billed_micro: -2_000_000, settled: true }] }));
    expect(text(inside(card("cn_openai"), "bill-difference"))).toBe("-€3.00 -150%");
    expect(text(inside(card("cn_openai"), "bill-verdict"))).toContain("the agency says €3.00 more than OpenAI billed");
    backend.books.edit(only({ currency: "JPY" }));
    await waitFor(() => expect(text(inside(card("cn_openai"), "bill-billed"))).toBe("¥6"));
  });

  it("nothing is said before a day is settled", () => {
    const open = small();
    for (const day of open.days) day.settled = false;
    expect(verdict(open).said).toBe("waits");
    expect(verdict(small({ billed_micro: null })).said).toBe("waits");
    expect(verdict(small({ days: [], within: false })).said).toBe("more");
  });

  it("the margin decides, in per cent or in money", async () => {
    const backend = await room();
    expect(text(await find("bills-margin"))).toContain("up to 1% of the bill, or up to $0.50");
    await click("bills-margin-change");
    await type("bills-margin-share", "1.55");
    expect((await find("bills-margin-save") as HTMLButtonElement).disabled).toBe(true);
    await type("bills-margin-share", "2,5");
    await type("bills-margin-money", "10");
    await expectAccessible();
    await click("bills-margin-save");
    await waitFor(() => expect(card("cn_openai").dataset["word"]).toBe("agree"));
    expect(backend.called.find((one) => one.name === "bills_margin")?.args).toEqual({ permille: 25, micro: 10_000_000 });
    expect(text(await find("bills-margin"))).toContain("2.5% of the bill, or up to $10.00");
  });

  it("no figure is shown that was not told", async () => {
    await room(only({ billed_micro: null, within: false, basis: "not_fetched", days: small().days.map((day) => ({ ...day, billed_micro: null, settled: false })) }));
    const bill = card("cn_openai");
    expect(text(inside(bill, "bill-billed"))).toBe("not told");
    expect(within(bill).queryByTestId("bill-difference")).toBeNull();
    expect(within(bill).queryByTestId("bill-forecast")).toBeNull();
    expect(within(bill).queryByTestId("bill-causes")).toBeNull();
    expect(screen.queryByTestId("bills-total")).toBeNull();
    expect(bill.querySelector('[data-of="provider"]')).toBeNull();
    const amounts = [...bill.querySelectorAll("*")].filter((one) => one.children.length === 0).flatMap((one) => text(one).match(/€[\d.,]+/g) ?? []);
    expect([...new Set(amounts)].sort()).toEqual(["€0.00", "€1.00", "€2.00", "€3.00", "€6.00"]);
  });

  it("totals stand by currency alone", async () => {
    await room((view) => (view.totals = [{ currency: "USD", claimed_micro: 5_000_000, billed_micro: 4_000_000 }, { currency: "EUR", claimed_micro: 1_000_000, billed_micro: 1_000_000 }]));
    const rows = screen.getAllByTestId("bills-total");
    expect(rows.map((row) => row.dataset["currency"])).toEqual(["USD", "EUR"]);
    expect(cells(rows[0]!)).toBe("All bills in USD $4.00 $5.00 -$1.00 -25%");
  });
});

describe("days", () => {
  it("have both bars and what differs; those that are not settled are hatched", async () => {
    await room(only());
    const days = screen.getAllByTestId("bill-day");
    const bars = (day: HTMLElement) => [...day.querySelectorAll("rect")].map((bar) => bar.dataset["of"]);
    expect(days.map((day) => day.dataset["day"])).toEqual(["2026-11-01", "2026-11-02", "2026-11-03"]);
    expect(bars(days[0]!)).toEqual(["agency", "provider"]);
    expect(bars(days[1]!)).toEqual(["agency", "provider", "difference"]);
    const hatched = [...days[2]!.querySelectorAll("rect")];
    expect(hatched).toHaveLength(2);
    for (const bar of hatched) {
      const pattern = /url\(#(.+)\)/.exec(bar.getAttribute("fill") ?? "")?.[1] ?? "";
      expect(document.getElementById(pattern)?.tagName).toBe("pattern");
    }
    expect(days[0]!.querySelector("[data-hatched]")).toBeNull();
    expect(text(inside(card("cn_openai"), "bill-days-alt"))).toBe("A bar for the agency and one for the provider on each of 3 days. Not settled: 1. Most was used on November 3.");
  });

  it("the arrow keys go from day to day, and a line says its figures", async () => {
    await room(only());
    const chart = await find("bill-chart");
    const line = () => text(screen.getByTestId("bill-day-line"));
    const press = (key: string) => fireEvent.keyDown(chart, { key });
    expect(line()).toContain("use the arrow keys");
    await press("ArrowLeft");
    expect(line()).toBe("Tuesday, November 3: provider €3.00, agency €3.00, difference €0.00. Not settled yet.");
    expect(screen.getByTestId("bill-day-line").getAttribute("aria-live")).toBe("polite");
    await press("ArrowLeft");
    expect(line()).toBe("Monday, November 2: provider €2.04, agency €2.00, difference +€0.04.");
    expect(chart.getAttribute("aria-valuenow")).toBe("1");
    await press("Home");
    await press("ArrowLeft");
    expect(chart.getAttribute("aria-valuetext")).toBe("November 1");
    await press("PageUp");
    await press("ArrowRight");
    expect(chart.getAttribute("aria-valuenow")).toBe("2");
    await expectAccessible();
  });

  it("a table has the same figures, exactly", async () => {
    await room(only({ days: [{ day: "2026-11-02", claimed_micro: 2_000_001, billed_micro: 1_990_000, settled: true }, { day: "2026-11-03", claimed_micro: 500_000, billed_micro: null, settled: false }] }));
    await click("bill-as-table");
    const rows = screen.getAllByTestId("bill-table-day").map(cells);
    expect(rows[0]).toBe("Mon, Nov 2 €1.990000 €2.000001 -€0.010001 yes");
    expect(rows[1]).toBe("Tue, Nov 3 not told €0.500000 – not yet");
    expect(screen.queryByTestId("bill-chart")).toBeNull();
    await expectAccessible();
    await click("bill-as-table");
    await find("bill-chart");
  });

  it("the scale has round marks and holds what is below nothing", () => {
    expect(marks(0, 4_000_000)).toEqual([0, 1_000_000, 2_000_000, 3_000_000, 4_000_000]);
    expect(marks(-200_000, 1_700_000)).toEqual([-500_000, 0, 500_000, 1_000_000, 1_500_000, 2_000_000]);
    expect(marks(0, 0)).toEqual([0]);
  });
});

describe("causes", () => {
  it("each has a sentence, its amount and its days; all that there is of it is a hover away", async () => {
    await room();
    const causes = within(card("cn_openai")).getAllByTestId("bill-cause");
    expect(causes[0]?.dataset["cause"]).toBe("used_elsewhere");
    expect(text(causes[0]!)).toContain("Look who else has the key");
    expect(text(causes[0]!)).toContain("On November 16, November 17, and November 18.");
    expect(text(causes[0]!)).toContain("+$3.70");
    expect(causes[0]?.querySelector(".amount [title]")?.getAttribute("title")).toBe("+$3.701375");
    const rounding = causes.find((one) => one.dataset["cause"] === "rounding");
    expect(rounding?.querySelector(".amount [title]")?.getAttribute("title")).toBe("+$0.000412274");
  });

  it("they add up to the difference of the example", async () => {
    const backend = await room();
    for (const view of Object.values(backend.books.months)) {
      for (const bill of view.connections.filter((one) => one.billed_micro !== null)) {
        expect(bill.causes.reduce((all, one) => all + one.micro, 0)).toBe((bill.billed_micro ?? 0) - bill.claimed_micro);
        // Of credits that no call took, the model is not known.
        const nameless = bill.shared ? (bill.causes.find((one) => one.cause === "used_elsewhere")?.micro ?? 0) : 0;
        expect(bill.models.reduce((all, one) => all + (one.billed_micro ?? 0), nameless)).toBe(bill.billed_micro);
      }
    }
  });

  it("every cause has words", async () => {
    const source = readFileSync("src/wire/Cause.ts", "utf8");
    const all = [...source.slice(source.indexOf("export type")).matchAll(/"([a-z_]+)"/g)].map((found) => found[1]);
    await room((view) => (view.connections = [small({ causes: all.map((cause) => ({ cause: cause as never, micro: -1_000_000, exact: "-1", days: [] })) })]));
    const shown = screen.getAllByTestId("bill-cause");
    expect(shown).toHaveLength(18);
    for (const one of shown) expect(text(one)).not.toMatch(/\[|On /);
    await expectAccessible();
  });

  it("a key that is used elsewhere can be replaced from there, unless one may only look", async () => {
    const backend = await room();
    backend.change((state) => state.me && (state.me.role = "viewer"));
    await waitFor(() => expect(screen.queryByTestId("bill-replace")).toBeNull());
    await find("bill-look-people");
    backend.change((state) => state.me && (state.me.role = "owner"));
    await click("bill-replace");
    await find("replace-title");
    expect(backend.called.find((one) => one.name === "rotation_start")?.args).toEqual({ connection: "cn_openai", leaked: false });
  });
});

describe("what can be compared", () => {
  it("where there is no bill, units are, in whole numbers and thousandths", async () => {
    await room();
    const bill = card("cn_replicate");
    expect(text(inside(bill, "bill-verdict"))).toContain("Replicate has no bill that a program can read");
    expect(text(inside(bill, "bill-verdict"))).toContain("nearly the same");
    const rows = within(bill).getAllByTestId("bill-unit").map(cells);
    expect(rows).toEqual(["Seconds of computing 786.5 780 +6.5", "Pictures not told 260 –"]);
    expect(within(bill).queryByTestId("bill-difference")).toBeNull();
  });

  it("units agree, differ, or are not told", () => {
    const unit = (claimed: number, told: number | null) => ({ name: "images", claimed, told });
    expect(counted([unit(3, 3), unit(2, null)], false)).toBe("agree");
    expect(counted([unit(3, 4)], true)).toBe("within");
    expect(counted([unit(3, 4)], false)).toBe("differ");
    expect(counted([unit(3, null)], true)).toBe("untold");
  });

  it.each([
    ["needs_admin_key", "only to an admin key"],
    ["not_fetched", "has not been asked for this month yet"],
    ["not_offered", "add the file here"],
    ["silent", "says nothing about the key of this account"],
    ["watched", "none have gone since it first looked"],
  ] as const)("%s is explained", async (basis, words) => {
    await room(only({ basis, billed_micro: null }));
    expect(text(inside(card("cn_openai"), "bill-verdict"))).toContain(words);
    expect(card("cn_openai").dataset["word"]).toBe("open");
  });
});

describe("an admin key", () => {
  it("can be brought where the provider wants one, and its bill is asked for at once", async () => {
    const backend = await room((view) => (view.on = true, only({ provider: "anthropic", basis: "needs_admin_key", billed_micro: null })(view)));
    expect(text(await find("admin-offer"))).toContain("Morgenrot never gets it.");
    await expectAccessible();
    backend.failNext("keep_admin_key", failure("work_key_pasted"));
    await click("paste-admin-key");
    await find("failure");
    expect(sent(backend, "bills_fetch")).toEqual([]);
    await click("paste-admin-key");
    await waitFor(() => expect(sent(backend, "bills_fetch")).toHaveLength(1));
    expect(sent(backend, "keep_admin_key")).toContainEqual({ provider: "anthropic" });
  });

  it("is not asked for again when only the bill did not come", async () => {
    const backend = await room((view) => (view.on = true, only({ provider: "anthropic", basis: "needs_admin_key", billed_micro: null })(view)));
    backend.failNext("bills_fetch", failure("provider_unreachable"));
    await click("paste-admin-key");
    await find("failure");
    await click("failure-button");
    await waitFor(() => expect(sent(backend, "bills_fetch")).toHaveLength(2));
    expect(sent(backend, "keep_admin_key")).toHaveLength(1);
  });

  it("nothing is asked for while that is switched off, and who may only look is offered nothing", async () => {
    const backend = await room((view) => (view.on = false, only({ provider: "openai", basis: "silent", billed_micro: null })(view)));
    await click("paste-admin-key");
    await waitFor(() => expect(sent(backend, "keep_admin_key")).toHaveLength(1));
    expect(sent(backend, "bills_fetch")).toEqual([]);
    backend.change((state) => state.me && (state.me.role = "viewer"));
    await waitFor(() => expect(screen.queryByTestId("admin-offer")).toBeNull());
  });
});

describe("asking the providers", () => {
  it("is off at first: the switch says what it does, and nothing can be fetched", async () => {
    const backend = await room((view) => (view.on = false));
    const box = (await find("bills-switch")) as HTMLInputElement;
    await waitFor(() => expect(box.checked).toBe(false));
    expect(text(await find("bills-sources"))).toContain("stays on this computer, and nothing is fetched while this is off");
    expect(screen.queryByTestId("bills-fetch")).toBeNull();
    await fireEvent.click(box);
    await find("bills-fetch");
    expect(backend.called.find((one) => one.name === "bills_switch")?.args).toEqual({ on: true });
  });

  it("shows how far it is, and can be stopped", async () => {
    const backend = await room((view) => {
      only()(view);
      view.fetching = { done: 3, of: 12 };
    });
    expect(text(await find("bills-fetching"))).toContain("Asking the providers: 3 of 12");
    await expectAccessible();
    await click("bills-stop");
    await find("bills-fetch");
    expect(backend.called.some((one) => one.name === "bills_stop")).toBe(true);
    await click("bills-fetch");
    await waitFor(() => expect(app.said).toBe("The figures are here."), { timeout: 9000 });
    expect(screen.queryByTestId("bills-fetching")).toBeNull();
  });

  it("a failure is shown, and tried again from there", async () => {
    const backend = await room((view) => (view.failure = failure("provider_unreachable", { provider: "openai" })));
    expect((await find("failure")).dataset["code"]).toBe("provider_unreachable");
    await click("failure-button");
    await waitFor(() => expect(screen.queryByTestId("failure")).toBeNull());
    expect(backend.called.some((one) => one.name === "bills_fetch")).toBe(true);
  });

  it("a question that fails keeps what is shown", async () => {
    const backend = await room();
    backend.failNext("bills", failure("database_broken"));
    await click("bills-before");
    await find("failure");
    expect(cards()).toHaveLength(3);
  });
});

describe("months and the rest", () => {
  it("goes from month to month, and stops at both ends", async () => {
    const backend = await room();
    expect((await find("bills-after") as HTMLButtonElement).disabled).toBe(true);
    await click("bills-before");
    await waitFor(() => expect(screen.getByTestId("bills-month").textContent).toBe("October 2026"));
    expect(card("cn_openai").dataset["word"]).toBe("agree");
    expect(within(card("cn_openai")).queryByTestId("bill-forecast")).toBeNull();
    await click("bills-before");
    await waitFor(() => expect(screen.getByTestId("bills-month").dataset["month"]).toBe("2026-09"));
    expect(text(await find("bills-none"))).toContain("No figures for September 2026");
    expect((await find("bills-before") as HTMLButtonElement).disabled).toBe(true);
    await click("bills-after");
    await waitFor(() => expect(screen.getByTestId("bills-month").dataset["month"]).toBe("2026-10"));
    expect(backend.called.filter((one) => one.name === "bills").map((one) => (one.args as { month: string | null }).month)).toEqual([null, "2026-10", "2026-09", "2026-10"]);
  });

  it("new figures arrive by themselves", async () => {
    const backend = await room(only());
    backend.books.edit(only({ billed_micro: 7_000_000 }));
    await waitFor(() => expect(text(inside(card("cn_openai"), "bill-billed"))).toBe("€7.00"));
  });

  it("tells the forecast, unusual days, models of both columns and assistants of one", async () => {
    await room();
    const bill = card("cn_openai");
    expect(text(inside(bill, "bill-forecast"))).toBe("By the end of the month about $44.87 (between $40.12 and $51.30), by the agency’s column.");
    expect(text(inside(bill, "bill-unusual"))).toContain("Mostly Newsletter writer and Idea box.");
    expect(within(bill).getAllByTestId("bill-models-row")).toHaveLength(4);
    const row = within(bill).getAllByTestId("bill-assistants-row")[0]!;
    expect(row.querySelectorAll("td")).toHaveLength(2);
    expect(text(inside(bill, "bill-by-assistant"))).toContain("Only the agency knows which assistant made a call");
    expect(cells(screen.getByTestId("bills-platform-row"))).toBe("Idea box 42 $1.31");
  });

  it("saves as CSV and prints", async () => {
    const print = vi.fn();
    vi.stubGlobal("print", print);
    const backend = await room();
    inside(card("cn_openai"), "bill-save").click();
    await waitFor(() => expect(app.said).toBe("Saved."));
    expect(backend.called.find((one) => one.name === "bills_save")?.args).toEqual({ month: "2026-11", connection: "cn_openai" });
    app.said = "";
    backend.failNext("bills_save", failure("declined"));
    inside(card("cn_openai"), "bill-save").click();
    await waitFor(() => expect((inside(card("cn_openai"), "bill-save") as HTMLButtonElement).disabled).toBe(false));
    expect(app.said).toBe("");
    await click("bills-print");
    expect(print).toHaveBeenCalledOnce();
    vi.unstubAllGlobals();
  });

  it("shows the provider's own limit, changes it in whole cents and takes it away", async () => {
    const backend = await room();
    const limit = () => inside(card("cn_openai"), "bill-spend-limit");
    expect(text(limit())).toContain("OpenAI stops this project at $250.00 a month.");
    inside(limit(), "bill-spend-limit-change").click();
    const field = await waitFor(() => inside(limit(), "bill-spend-limit-amount") as HTMLInputElement);
    expect(field.value).toBe("250");
    await fireEvent.input(field, { target: { value: "99.995" } });
    expect((inside(limit(), "bill-spend-limit-save") as HTMLButtonElement).disabled).toBe(true);
    expect(text(limit())).toContain("whole cents");
    await fireEvent.input(field, { target: { value: "99.95" } });
    inside(limit(), "bill-spend-limit-save").click();
    await waitFor(() => expect(text(limit())).toContain("OpenAI stops this project at $99.95 a month."));
    expect(backend.called.find((one) => one.name === "bills_spend_limit")?.args).toEqual({ connection: "cn_openai", micro: 99_950_000 });
    inside(limit(), "bill-spend-limit-change").click();
    (await waitFor(() => inside(limit(), "bill-spend-limit-off"))).click();
    await waitFor(() => expect(text(limit())).toContain("OpenAI has no limit for this project."));
    expect(text(card("cn_anthropic"))).not.toContain("has no limit for this project");
  });

  it("tells the agency a month's sums, and when that was", async () => {
    const backend = await room();
    expect(text(card("cn_openai"))).toContain("When you send, the agency gets both sums until");
    expect(within(card("cn_openai")).queryByTestId("bill-sent")).toBeNull();
    inside(card("cn_openai"), "bill-send").click();
    await waitFor(() => expect(app.said).toBe("Sent."));
    expect(backend.called.find((one) => one.name === "bills_send")?.args).toEqual({ month: "2026-11", connection: "cn_openai" });
    await waitFor(() => expect(text(inside(card("cn_openai"), "bill-sent"))).toContain("Sent to the agency"));
    backend.failNext("bills_send", failure("agency_unreachable"));
    inside(card("cn_openai"), "bill-send").click();
    await waitFor(() => expect(text(card("cn_openai"))).toContain("The agency’s server could not be reached"));
  });

  it("with no account it says what will be here and begins a connection", async () => {
    await openWindow("joined");
    await click("rail-bills");
    expect(text(await find("bills-none"))).toContain("No account, no bill");
    expect(screen.queryByTestId("bills-sources")).toBeNull();
    await expectAccessible();
    await click("bills-connect");
    await waitFor(() => expect(screen.getByTestId("screen").dataset["screen"]).toBe("choose"));
  });
});

it("where only credits are told, it says so, and days of which nothing is told are no difference", async () => {
  await room((view) => (view.connections = [small({ provider: "stability", shared: true, within: true, billed_micro: 500, claimed_micro: 1_500, days: [
    { day: "2026-11-02", claimed_micro: 1_000, billed_micro: null, settled: true },
    { day: "2026-11-03", claimed_micro: 500, billed_micro: 500, settled: true },
  ] })]));
  const said = text(inside(card("cn_openai"), "bill-verdict"));
  expect(said).toContain("billed exactly what the agency says");
  expect(said).toContain("what went from them between two looks");
  expect(said).not.toContain("not settled");
});

describe("money by workspace", () => {
  it("says that other keys are in it", async () => {
    await room(only({ provider: "anthropic", shared: true }));
    expect(text(inside(card("cn_openai"), "bill-shared"))).toContain("Anthropic tells money by workspace here, not by key.");
  });
});

describe("a file", () => {
  it("is added to its bill, says what it brought and that it is there", async () => {
    await room(only());
    const bill = card("cn_openai");
    expect(within(bill).queryByTestId("bill-file")).toBeNull();
    await fireEvent.click(inside(bill, "bill-add-file"));
    await waitFor(() => expect(text(inside(card("cn_openai"), "bill-file-added"))).toBe("812 lines were read, about November 2026. 3 lines are about something else."));
    expect(text(inside(card("cn_openai"), "bill-file"))).toContain("Figures from the file costs.csv, added");
    expect(app.said).toContain("812 lines were read");
    await expectAccessible();
  });

  it("that cannot be used says which column it lacks", async () => {
    const backend = await room(only());
    backend.failNext("bills_add_file", { ...failure("file_unknown"), fields: [{ name: "columns", value: "amount, currency" }] });
    await fireEvent.click(inside(card("cn_openai"), "bill-add-file"));
    await waitFor(() => expect(text(card("cn_openai"))).toContain("It lacks: amount, currency."));
  });

  it("that was dropped asks whose bill it is, and may be left", async () => {
    const backend = await room((view) => (view.dropped = "costs-2026-11.csv"));
    const asked = await find("bills-dropped");
    expect(text(asked)).toContain("Whose bill is costs-2026-11.csv?");
    expect(within(asked).getAllByTestId("bill-add-file").length).toBe(backend.state.connections.length);
    await expectAccessible();
    await click("bills-leave-file");
    await waitFor(() => expect(screen.queryByTestId("bills-dropped")).toBeNull());
  });

  it("that was dropped and cannot be used says why, and stays for another account", async () => {
    const backend = await room((view) => (view.dropped = "costs-2026-11.csv"));
    backend.failNext("bills_add_file", { ...failure("file_currency"), fields: [{ name: "currency", value: "EUR" }] });
    const asked = await find("bills-dropped");
    const [first] = within(asked).getAllByTestId("bill-add-file");
    if (!first) throw new Error("no account");
    await fireEvent.click(first);
    await waitFor(() => expect(text(screen.getByTestId("bills-dropped"))).toContain("The amounts of this file are in EUR."));
  });

  it("that is long shows how far it is, and can be stopped", async () => {
    await room((view) => (view.reading = { done: 84, of: 200 }));
    expect(text(await find("bills-reading"))).toContain("84 of 200 MB");
    await click("bills-file-stop");
    await waitFor(() => expect(screen.queryByTestId("bills-reading")).toBeNull());
  });
});

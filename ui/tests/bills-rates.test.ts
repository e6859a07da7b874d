import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { app } from "../src/app.svelte";
import type { Preview } from "../src/backend/preview";
import { failure } from "../src/backend/preview/scenes";
import type { BillRate } from "../src/wire/BillRate";
import { typedDecimal } from "../src/words/money";
import { click, expectAccessible, find, inside, openWindow, type } from "./window";

const RATE: BillRate = { provider: "openai", model: "gpt-5-mini", unit: "output", price: "0.45", from: "2026-11-10" };

/** The bills of the example, with these agreed prices and the place for them open. */
async function room(rates: BillRate[] = [], lang = "en"): Promise<Preview> {
  const backend = await openWindow("busy", lang);
  for (const view of Object.values(backend.books.months)) view.rates = rates;
  backend.books.edit(() => undefined);
  app.go({ room: "bills" });
  await find("bills-month");
  await waitFor(() => expect(app.state?.revision).toBe(backend.state.revision));
  const box = (await find("bills-rates")) as HTMLDetailsElement;
  expect(box.open).toBe(false);
  box.open = true;
  return backend;
}

const text = (element: Element) => (element.textContent ?? "").replace(/[\s\u202f\u00a0]+/g, " ").trim();
const value = (id: string) => (screen.getByTestId(id) as HTMLInputElement).value;
const choose = async (id: string, chosen: string) => fireEvent.change(await find(id), { target: { value: chosen } });
const sent = (backend: Preview, name: string) => backend.called.filter((one) => one.name === name).map((one) => (one.args as { rate: BillRate }).rate);
/** Whether the place where one writes is marked as wrong. */
const marked = (id: string) => screen.getByTestId(id).getAttribute("aria-invalid") === "true";

async function write(model: string, price: string, from: string) {
  await type("bills-rate-model", model);
  await type("bills-rate-amount", price);
  await type("bills-rate-date", from);
}

describe("prices of one's own", () => {
  it("are added by what a person writes, and listed", async () => {
    const backend = await room();
    await expectAccessible();
    expect(screen.queryByTestId("bills-rate")).toBeNull();
    await write(" gpt-5-mini ", "0,450", "2026-11-10");
    await choose("bills-rate-unit", "output");
    await click("bills-rate-add");
    const row = await find("bills-rate");
    expect(sent(backend, "bills_rate_add")).toEqual([RATE]);
    expect([...row.children].map(text)).toEqual(["gpt-5-mini OpenAI", "Text tokens out", "$0.45 for a million", "Nov 10, 2026", "Remove"]);
    expect((await find("bills-rates")).dataset["count"]).toBe("1");
    expect(app.said).toBe("The price is added. Both columns are reckoned with it.");
    // The next one is most often of the same model and day.
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("bills-rate-unit")));
    expect([value("bills-rate-model"), value("bills-rate-amount"), value("bills-rate-date")]).toEqual([" gpt-5-mini ", "", "2026-11-10"]);
    await expectAccessible();
  });

  it("are of the provider that is chosen, for as many units as people speak of", async () => {
    const backend = await room();
    await choose("bills-rate-provider", "stability");
    await write("core", "0.0123456789", "2026-11-01");
    await choose("bills-rate-unit", "images");
    expect(text(await find("bills-rate-form"))).toContain("Price in USD, each");
    await click("bills-rate-add");
    await find("bills-rate");
    expect(sent(backend, "bills_rate_add")).toEqual([{ provider: "stability", model: "core", unit: "images", price: "0.0123456789", from: "2026-11-01" }]);
  });

  it("what is wrong is said, each for itself, and nothing is lost or sent", async () => {
    const backend = await room();
    expect(marked("bills-rate-model")).toBe(false);
    await click("bills-rate-add");
    expect(within(screen.getByTestId("bills-rate-said")).getAllByText(/./).map(text)).toEqual([
      "Write the model’s name as the bill has it, without spaces.",
      "Write the price as a plain number, with no more decimals than can be kept: six for a million.",
      "Choose the day from which the price holds.",
    ]);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("bills-rate-model")));
    await expectAccessible();
    await write("gpt-5-mini", "0.0000001", "2026-11-10");
    expect([marked("bills-rate-model"), marked("bills-rate-amount"), marked("bills-rate-date")]).toEqual([false, true, false]);
    await click("bills-rate-add");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("bills-rate-amount")));
    expect([value("bills-rate-model"), value("bills-rate-amount")]).toEqual(["gpt-5-mini", "0.0000001"]);
    expect(backend.called.some((one) => one.name === "bills_rate_add")).toBe(false);
    expect(screen.queryByTestId("bills-rate")).toBeNull();
  });

  it("what could not be kept stays in the form, with the reason", async () => {
    const backend = await room();
    backend.failNext("bills_rate_add", failure("disk_full"));
    await write("gpt-5-mini", "0.45", "2026-11-10");
    await click("bills-rate-add");
    await waitFor(() => expect(inside(screen.getByTestId("bills-rates"), "failure").dataset["code"]).toBe("disk_full"));
    expect([value("bills-rate-model"), value("bills-rate-amount"), value("bills-rate-date")]).toEqual(["gpt-5-mini", "0.45", "2026-11-10"]);
  });

  it("are removed one by one, and the focus stays there", async () => {
    const older = { ...RATE, from: "2026-10-01", price: "0.5" };
    const backend = await room([older, RATE]);
    const buttons = screen.getAllByTestId("bills-rate-remove");
    expect(buttons.map((one) => one.getAttribute("aria-label"))).toEqual(["Remove gpt-5-mini, Text tokens out, from Oct 1, 2026", "Remove gpt-5-mini, Text tokens out, from Nov 10, 2026"]);
    await fireEvent.click(buttons[0]!);
    await waitFor(() => expect(screen.getAllByTestId("bills-rate")).toHaveLength(1));
    expect(sent(backend, "bills_rate_remove")).toEqual([older]);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("bills-rates-open")));
  });

  it("speak German", async () => {
    await room([RATE], "de");
    expect([...(await find("bills-rate")).children].map(text)).toEqual(["gpt-5-mini OpenAI", "Text-Token heraus", "0,45 $ für eine Million", "10.11.2026", "Entfernen"]);
  });

  it("a decimal is taken as it was written", () => {
    for (const [written, places, read] of [
      ["0.15", 6, "0.15"], ["0,150", 6, "0.15"], [".5", 6, "0.5"], ["007", 6, "7"], ["3.", 6, "3"], ["0", 6, "0"],
      ["", 6, null], [".", 6, null], ["-1", 6, null], ["1e3", 6, null], ["1.2.3", 6, null], ["0.0000001", 6, null], ["1234567", 6, null],
    ] as const) expect(typedDecimal(written, places)).toBe(read);
  });
});

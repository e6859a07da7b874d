import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { app } from "../src/app.svelte";
import type { Preview } from "../src/backend/preview";
import { failure } from "../src/backend/preview/scenes";
import { click, expectAccessible, find, inside, openWindow } from "./window";

/** The bills of the example; what the OpenAI account's month stands at is set to 37.12 dollars. */
async function room(lang = "en"): Promise<Preview> {
  const backend = await openWindow("busy", lang);
  backend.books.edit((view) => {
    for (const bill of view.connections) if (bill.alert) bill.alert.so_far_micro = 37_120_000;
  });
  app.go({ room: "bills" });
  await find("bills-month");
  await waitFor(() => expect(app.state?.revision).toBe(backend.state.revision));
  return backend;
}

const card = () => {
  const found = screen.getAllByTestId("bill").find((one) => one.dataset["connection"] === "cn_openai");
  if (!found) throw new Error("no bill");
  return found;
};
const text = (element: Element) => (element.textContent ?? "").replace(/[\s\u202f\u00a0]+/g, " ").trim();
const press = (id: string) => fireEvent.click(inside(card(), id));
const write = (value: string) => fireEvent.input(inside(card(), "bill-alert-amount"), { target: { value } });

/** Sets an amount, as a person does. */
async function set(amount: string) {
  await press("bill-alert-change");
  await write(amount);
  await press("bill-alert-save");
  await waitFor(() => expect(within(card()).queryByTestId("bill-alert-amount")).toBeNull());
}

describe("an amount to be told at", () => {
  it("is set in the bill, which then says how far the month is", async () => {
    const backend = await room();
    expect(inside(card(), "bill-alert").dataset["set"]).toBe("false");
    await press("bill-alert-change");
    expect(document.activeElement).toBe(inside(card(), "bill-alert-amount"));
    await expectAccessible();
    await write("50");
    await press("bill-alert-save");
    await waitFor(() => expect(text(inside(card(), "bill-alert-far"))).toBe("You are told at $50.00. This month stands at $37.12, 74.2% of that."));
    expect(backend.called.filter((one) => one.name === "bills_alert").map((one) => one.args)).toEqual([{ connection: "cn_openai", micro: 50_000_000 }]);
    expect(app.said).toBe("You are told at $50.00.");
    await waitFor(() => expect(document.activeElement).toBe(inside(card(), "bill-alert-change")));
    const bar = within(card()).getByRole("progressbar") as HTMLProgressElement;
    expect([bar.value, bar.max]).toEqual([37_120_000, 50_000_000]);
    await expectAccessible();
  });

  it("that is reached is said in the bill, and on Keys with a way to the bill", async () => {
    const backend = await room();
    // The strip has three places.
    backend.change((state) => (state.needs_you = []));
    await set("37.12");
    expect(text(inside(card(), "bill-alert-reached"))).toBe("This month has reached $37.12, where you wanted to be told. It stands at $37.12.");
    expect(inside(card(), "bill-alert").dataset["reached"]).toBe("true");
    await expectAccessible();
    expect(screen.queryAllByTestId("need").map((one) => one.dataset["kind"])).not.toContain("bill_reached");
    app.go({ room: "keys" });
    const need = await find("need");
    expect(need.dataset["kind"]).toBe("bill_reached");
    expect(text(need)).toContain("Marketing has cost as much this month as you wanted to be told at.");
    await click("need-bill_reached");
    await find("bills-month");
  });

  it("is changed, and taken back", async () => {
    const backend = await room();
    await set("20");
    expect(inside(card(), "bill-alert").dataset["reached"]).toBe("true");
    await press("bill-alert-change");
    expect((inside(card(), "bill-alert-amount") as HTMLInputElement).value).toBe("20");
    await write("60,5");
    await press("bill-alert-save");
    await waitFor(() => expect(inside(card(), "bill-alert").dataset["reached"]).toBe("false"));
    expect(backend.state.needs_you.some((need) => need.kind === "bill_reached")).toBe(false);
    await press("bill-alert-change");
    await press("bill-alert-off");
    await waitFor(() => expect(inside(card(), "bill-alert").dataset["set"]).toBe("false"));
    expect(backend.called.filter((one) => one.name === "bills_alert").map((one) => (one.args as { micro: number | null }).micro)).toEqual([20_000_000, 60_500_000, null]);
  });

  it.each(["0", "-5", "ten", "1.2345678", "99999999999999"])("%s is no amount, and nothing is sent or lost", async (wrong) => {
    const backend = await room();
    await press("bill-alert-change");
    await write(wrong);
    expect(text(inside(card(), "bill-alert"))).toContain("Write an amount that is more than nothing");
    expect((inside(card(), "bill-alert-save") as HTMLButtonElement).disabled).toBe(true);
    expect((inside(card(), "bill-alert-amount") as HTMLInputElement).value).toBe(wrong);
    expect(backend.called.some((one) => one.name === "bills_alert")).toBe(false);
  });

  it("what could not be kept stays in the field, with the reason; Escape leaves", async () => {
    const backend = await room();
    backend.failNext("bills_alert", failure("disk_full"));
    await press("bill-alert-change");
    await write("50");
    await press("bill-alert-save");
    await waitFor(() => expect(inside(card(), "failure").dataset["code"]).toBe("disk_full"));
    expect((inside(card(), "bill-alert-amount") as HTMLInputElement).value).toBe("50");
    await fireEvent.keyDown(inside(card(), "bill-alert-amount"), { key: "Escape" });
    await waitFor(() => expect(document.activeElement).toBe(inside(card(), "bill-alert-change")));
    expect(inside(card(), "bill-alert").dataset["set"]).toBe("false");
  });

  it("is for the present month alone", async () => {
    await room();
    await click("bills-before");
    await waitFor(() => expect(screen.getByTestId("bills-month").dataset["month"]).toBe("2026-10"));
    expect(screen.queryByTestId("bill-alert")).toBeNull();
  });

  it("speaks German", async () => {
    await room("de");
    await set("50");
    expect(text(inside(card(), "bill-alert-far"))).toBe("Sie erfahren es bei 50,00 $. Dieser Monat steht bei 37,12 $, 74,2 % davon.");
  });
});

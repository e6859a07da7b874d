import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { app } from "../src/app.svelte";
import { failure } from "../src/backend/preview/scenes";
import { isoDay } from "../src/words/time.svelte";
import { click, expectAccessible, find, inside, openWindow } from "./window";

async function choose(testid: string, value: string) {
  await fireEvent.change(await find(testid), { target: { value } });
}

async function details() {
  const backend = await openWindow("busy");
  await fireEvent.click(inside(await find("card-voice"), "details"));
  return backend;
}

it("an account says by when its key is replaced, and whether that goes by itself", async () => {
  await openWindow("busy");
  expect(inside(await find("card-voice"), "due").textContent).toContain("Replaced by itself by");
  expect((await find("card-chat")).textContent).toContain("To be replaced by");
});

describe("the schedule of one account", () => {
  it("is as agreed until another is chosen, and none that is longer is offered", async () => {
    const backend = await details();
    const select = (await find("schedule")) as HTMLSelectElement;
    expect(select.value).toBe("agreed");
    expect([...select.options].map((o) => o.textContent)).toEqual(["As agreed: every 90 days", "Every 30 days", "Every 60 days", "Every 90 days", "By a date…"]);
    await choose("schedule", "30");
    await waitFor(() => expect(screen.getByTestId("due-why").textContent).toContain("as set for this account"));
    expect(backend.called.at(-1)).toEqual({ name: "set_schedule", args: { connection: "cn_openai", schedule: { kind: "every", days: 30 } } });
    await choose("schedule", "agreed");
    await waitFor(() => expect(backend.called.at(-1)?.args).toEqual({ connection: "cn_openai", schedule: null }));
    await expectAccessible();
  });

  it("can be a date, and ends with that day where the person is", async () => {
    const backend = await details();
    await choose("schedule", "by");
    const date = isoDay(new Date(Date.now() + 100 * 86_400_000));
    await fireEvent.input(await find("schedule-date"), { target: { value: date } });
    await click("schedule-save");
    await waitFor(() => expect(backend.called.at(-1)?.name).toBe("set_schedule"));
    const { schedule } = backend.called.at(-1)?.args as { schedule: { kind: string; at: string } };
    expect(schedule.kind).toBe("by");
    expect(schedule.at).toBe(new Date(`${date}T23:59:59`).toISOString());
  });

  it("that was refused says why and keeps what was", async () => {
    const backend = await details();
    backend.failNext("set_schedule", failure("act_refused"));
    await choose("schedule", "30");
    await find("failure");
    expect(app.connection("cn_openai")?.schedule).toBeNull();
  });
});

it("another member can be named who looks after an account", async () => {
  const backend = await details();
  await choose("owner", "mb_jon");
  await waitFor(() => expect(app.connection("cn_openai")?.owner).toBe("Jon Okafor"));
  expect(backend.called.at(-1)).toEqual({ name: "set_owner", args: { connection: "cn_openai", member: "mb_jon" } });
});

describe("what the agency proposes", () => {
  async function proposed() {
    const backend = await openWindow("proposed");
    await click("need-agreement_waits");
    await find("proposal");
    return backend;
  }

  it("is agreed to as it was read", async () => {
    const backend = await proposed();
    await expectAccessible();
    await click("agreement-accept");
    await waitFor(() => expect(screen.getByTestId("agreed").textContent).toContain("every 30 days"));
    expect(backend.called.at(-1)).toEqual({ name: "answer_agreement", args: { schedule: { kind: "every", days: 30 }, accept: true } });
  });

  it("or turned down, and what was agreed before stays", async () => {
    await proposed();
    await click("agreement-decline");
    await waitFor(() => expect(screen.queryByTestId("proposal")).toBeNull());
    expect(screen.getByTestId("agreed").textContent).toContain("every 90 days");
  });
});

describe("what this computer does without being asked", () => {
  it("can be switched off, one by one", async () => {
    const backend = await openWindow("busy");
    await click("rail-settings");
    for (const name of ["by_itself", "notifications", "background"] as const) {
      const before = app.state?.preferences[name];
      await click(`set-${name}`);
      await waitFor(() => expect(app.state?.preferences[name]).toBe(!before));
    }
    expect(backend.called.filter((c) => c.name === "set_preferences")).toHaveLength(3);
  });

  it("keeps to quiet hours that the person sets", async () => {
    await openWindow("busy");
    await click("rail-settings");
    await click("set-quiet");
    await waitFor(() => expect(app.state?.preferences.quiet).toEqual({ from: 20 * 60, until: 7 * 60 }));
    await fireEvent.change(await find("quiet-until"), { target: { value: "06:30" } });
    await waitFor(() => expect(app.state?.preferences.quiet).toEqual({ from: 20 * 60, until: 6 * 60 + 30 }));
    await fireEvent.change(await find("quiet-from"), { target: { value: "" } });
    expect(app.state?.preferences.quiet?.from).toBe(20 * 60);
    await expectAccessible();
  });

  it("says when the system does not start it", async () => {
    const backend = await openWindow("busy");
    await click("rail-settings");
    backend.failNext("set_preferences", failure("no_autostart"));
    await click("set-background");
    await find("failure");
    expect(app.state?.preferences.background).toBe(false);
  });
});

it("a date that has passed is said in the strip, with the button that replaces", async () => {
  const backend = await openWindow("due");
  expect((await find("needs-you")).textContent).toContain("was to be replaced by");
  expect(inside(await find("card-voice"), "due").dataset["near"]).toBe("due");
  await click("need-key_due");
  await waitFor(() => expect(backend.called.at(-1)).toEqual({ name: "rotation_start", args: { connection: "cn_openai", leaked: false } }));
});

import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { failure } from "../src/backend/preview/scenes";
import { click, expectAccessible, find, inside, openWindow, type } from "./window";

describe("pausing", () => {
  it("a use, and going on from the strip", async () => {
    const backend = await openWindow("busy");
    const [pause] = within(await find("card-chat")).getAllByTestId("pause");
    await fireEvent.click(pause!);
    await waitFor(() => expect(within(screen.getByTestId("card-chat")).getByTestId("paused")).toBeTruthy());
    expect(backend.called).toEqual([{ name: "pause", args: { what: { kind: "use", of: "chat" }, on: true } }]);
    backend.change((s) => (s.needs_you = [{ kind: "paused", connection: null, provider: null, use: "chat", since: null }]));
    await click("need-paused");
    await waitFor(() => expect(screen.queryByTestId("paused")).toBeNull());
    expect(backend.called.at(-1)).toEqual({ name: "pause", args: { what: { kind: "use", of: "chat" }, on: false } });
  });

  it("an account", async () => {
    const backend = await openWindow("busy");
    const account = inside(await find("card-voice"), "account");
    await fireEvent.click(inside(account, "pause"));
    await waitFor(() => expect(backend.called.at(-1)?.args).toEqual({ what: { kind: "connection", of: "cn_openai" }, on: true }));
  });

  it("an assistant, whose tokens are shown by name with their last use", async () => {
    const backend = await openWindow("busy");
    await find("card-chat");
    await expectAccessible();
    const [first] = screen.getAllByTestId("assistant");
    const tokens = within(first!).getAllByTestId("token").map((token) => token.textContent);
    expect(tokens[0]).toContain("production");
    expect(tokens[0]).toContain("last used");
    expect(tokens[1]).toContain("not used yet");
    await fireEvent.click(inside(first!, "pause"));
    await waitFor(() => expect(screen.getAllByTestId("assistant")[0]?.dataset["paused"]).toBe("true"));
    expect(backend.called.at(-1)?.args).toEqual({ what: { kind: "assistant", of: "as_news" }, on: true });
  });

  it("is not offered to those who only look", async () => {
    await openWindow("viewer");
    await find("rail-settings");
    expect(screen.queryByTestId("pause")).toBeNull();
  });
});

describe("the fallback", () => {
  it("is tightened to stop and goes back", async () => {
    const backend = await openWindow("busy");
    backend.change((s) => {
      for (const use of s.uses) Object.assign(use, { fallback: "platform", fallback_set: "platform" });
    });
    await click("tighten-chat");
    await waitFor(() => expect(screen.getByTestId("when-dead-chat").dataset["fallback"]).toBe("stop"));
    expect(backend.called.at(-1)).toEqual({ name: "limit_fallback", args: { change: { use: "chat", stop: true, revision: 4 } } });
    await click("loosen-chat");
    await waitFor(() => expect(screen.getByTestId("when-dead-chat").dataset["fallback"]).toBe("platform"));
  });

  it("that runs can be stopped from the strip", async () => {
    const backend = await openWindow("busy");
    backend.change((s) => (s.needs_you = [{ kind: "fallback_runs", connection: null, provider: "openai", use: "voice", since: null }]));
    await click("need-fallback_runs");
    await waitFor(() => expect(backend.called.at(-1)?.args).toEqual({ change: { use: "voice", stop: true, revision: 2 } }));
  });
});

describe("limits", () => {
  it("are set, shown, and taken away", async () => {
    const backend = await openWindow("busy");
    await click("rail-settings");
    await click("limit-change-chat");
    await type("limit-money-chat", "12,50");
    await type("limit-minute-chat", "30");
    await click("limit-save-chat");
    const summary = () => within(screen.getAllByTestId("limit").find((l) => l.dataset["limit"] === "chat")!).getByTestId("limit-summary").textContent;
    await waitFor(() => expect(summary()).toContain("dollars a month"));
    const bounds = { money_micro: 12_500_000, units: null, calls_per_minute: 30, hard: true };
    expect(backend.called.at(-1)).toEqual({ name: "set_limit", args: { change: { scope: { kind: "use", of: "chat" }, ...bounds } } });
    await type("limit-money-chat", "");
    await type("limit-minute-chat", "");
    await click("limit-save-chat");
    await waitFor(() => expect(summary()).toBe("no limit"));
  });

  it("take numbers only, and say why one was refused", async () => {
    const backend = await openWindow("busy");
    await click("rail-settings");
    await click("limit-change-client");
    await type("limit-units-client", "-3");
    expect((screen.getByTestId("limit-save-client") as HTMLButtonElement).disabled).toBe(true);
    await type("limit-units-client", "300");
    backend.failNext("set_limit", failure("stale"));
    await click("limit-save-client");
    await find("failure");
  });

  it("a spent budget is in the strip, and leads to the limits", async () => {
    const backend = await openWindow("busy");
    backend.change((s) => (s.needs_you = [{ kind: "budget_stops", connection: null, provider: null, use: null, since: null }]));
    await find("need-budget_stops");
    expect(screen.getByTestId("need").textContent).toContain("everything");
    await click("need-budget_stops");
    await find("limits");
  });
});

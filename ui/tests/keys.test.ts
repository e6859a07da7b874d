import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { failure } from "../src/backend/preview/scenes";
import { click, expectAccessible, find, inside, openWindow } from "./window";

it("tells for each use who pays, which account is preferred and which serve", async () => {
  await openWindow("busy");
  const chat = await find("card-chat");
  expect(chat.dataset["payer"]).toBe("own");
  expect(within(chat).getAllByTestId("account").map((a) => a.dataset["provider"])).toEqual(["anthropic", "openai"]);
  expect(chat.textContent).toContain("Anthropic is preferred, with Claude Opus 4.7.");
  expect((await find("card-images")).textContent).toContain("Morgenrot pays.");
  expect(inside(await find("not-used"), "account").dataset["provider"]).toBe("stability");
});

it("shows of a key its last four characters and nothing else", async () => {
  await openWindow("busy");
  const [key] = within(await find("card-chat")).getAllByTestId("key");
  expect(key?.textContent).toMatch(/••••.*x7Qp/);
});

it("an empty home teaches, and has the button that begins", async () => {
  await openWindow("joined");
  await click("connect-new");
  await find("provider-openai");
});

describe("checking now", () => {
  it("runs the check and shows when", async () => {
    const backend = await openWindow("busy");
    const card = await find("not-used");
    await fireEvent.click(inside(card, "check-now"));
    await waitFor(() => expect(inside(card, "mark-credit").dataset["answer"]).toBe("yes"));
    expect(backend.called[0]).toEqual({ name: "check_now", args: { connection: "cn_stability" } });
  });
});

describe("revoking", () => {
  it("only calls Rust, which asks; the page has no dialog for it", async () => {
    const backend = await openWindow("busy");
    await fireEvent.click(inside(await find("card-voice"), "revoke"));
    expect(document.querySelector("dialog")).toBeNull();
    await waitFor(() => expect(screen.getByTestId("card-voice").dataset["payer"]).toBe("none"));
    expect(backend.called).toEqual([{ name: "revoke", args: { connection: "cn_openai" } }]);
  });

  it("that was declined changes nothing and says nothing", async () => {
    const backend = await openWindow("busy");
    backend.failNext("revoke", failure("declined"));
    await fireEvent.click(inside(await find("card-voice"), "revoke"));
    await waitFor(() => expect((inside(screen.getByTestId("card-voice"), "revoke") as HTMLButtonElement).disabled).toBe(false));
    expect(screen.queryByTestId("failure")).toBeNull();
  });

  it("an unproven one can be proven", async () => {
    const backend = await openWindow("busy");
    await fireEvent.click(inside(await find("not-used"), "revoke"));
    await waitFor(() => expect(screen.getByTestId("not-used").textContent).toContain("may still accept it"));
    await fireEvent.click(inside(await find("not-used"), "details"));
    await click("prove-revoked");
    await waitFor(() => expect(screen.getByTestId("version").dataset["atProvider"]).toBe("revoked"));
    expect(backend.called.at(-1)).toEqual({ name: "prove_revoked", args: { connection: "cn_stability", version: 1 } });
  });
});

describe("switching", () => {
  it("to the platform and back", async () => {
    const backend = await openWindow("busy");
    await click("switch-chat");
    await expectAccessible();
    await click("switch-platform");
    await click("switch-save");
    await waitFor(() => expect(screen.getByTestId("card-chat").dataset["payer"]).toBe("platform"));
    expect(backend.called.at(-1)?.args).toEqual({ change: { use: "chat", payer: "platform", serving: [], preferred: null, model: null, revision: 4 } });

    await click("switch-chat");
    await click("switch-own");
    await click("switch-save");
    await waitFor(() => expect(screen.getByTestId("card-chat").dataset["payer"]).toBe("own"));
    expect(backend.called.at(-1)?.args).toMatchObject({ change: { payer: "own", preferred: "cn_anthropic", revision: 5 } });
  });

  it("chooses which accounts serve, which is preferred and the model", async () => {
    const backend = await openWindow("busy");
    await click("switch-chat");
    const model = (await find("switch-model")) as HTMLSelectElement;
    await fireEvent.change(model, { target: { value: "claude-sonnet-4-8" } });
    await click("serve-cn_openai");
    await click("switch-save");
    await waitFor(() => expect(screen.queryByTestId("switch-dialog")).toBeNull());
    expect(backend.called.at(-1)?.args).toEqual({
      change: { use: "chat", payer: "own", serving: ["cn_anthropic"], preferred: "cn_anthropic", model: "claude-sonnet-4-8", revision: 4 },
    });
  });

  it("offers the models of the account that is chosen, says when they were read, and which account has none", async () => {
    const backend = await openWindow("busy");
    backend.change((state) => {
      for (const one of state.connections) if (one.provider === "openai") one.models = one.models.filter((offer) => !offer.uses.includes("chat"));
    });
    await click("switch-chat");
    const dialog = await find("switch-dialog");
    expect(dialog.textContent).toContain("List read");
    expect(screen.getByTestId("nothing-for-use-cn_openai").textContent).toContain("Chat");
    await click("prefer-cn_openai");
    expect(screen.queryByTestId("switch-model")).toBeNull();
  });

  it("is not possible without an account, nor to a platform that is not offered", async () => {
    const backend = await openWindow("busy");
    backend.change((state) => state.uses.forEach((u) => (u.platform_offered = false)));
    await click("switch-chat");
    expect(((await find("switch-platform")) as HTMLInputElement).disabled).toBe(true);
    await click("serve-cn_openai");
    await click("serve-cn_anthropic");
    expect(((await find("switch-save")) as HTMLButtonElement).disabled).toBe(true);
  });

  it("tells when somebody was faster", async () => {
    const backend = await openWindow("busy");
    await click("switch-chat");
    backend.change((state) => state.uses.forEach((u) => (u.revision += 1)));
    await click("switch-platform");
    await click("switch-save");
    expect((await find("failure")).dataset["code"]).toBe("stale");
  });
});

describe("needs you", () => {
  it("has at most three sentences, each with its button", async () => {
    const backend = await openWindow("dead-key");
    expect(within(await find("needs-you")).getAllByTestId("need")).toHaveLength(2);
    await click("need-key_dead_stopped");
    await find("replace-title");
    expect(backend.called).toEqual([{ name: "rotation_start", args: { connection: "cn_openai", leaked: false } }]);
  });

  it("goes on with what waits, from any room", async () => {
    await openWindow("busy");
    await click("rail-settings");
    await click("need-draft_waits");
    expect((await find("connect-step")).dataset["step"]).toBe("check");
  });
});

it("details show names, versions and the receipt word for word", async () => {
  const backend = await openWindow("busy");
  await fireEvent.click(inside(await find("not-used"), "details"));
  await expectAccessible();
  await fireEvent.input(await find("rename-input"), { target: { value: "Pictures" } });
  await click("rename-save");
  await click("show-receipt");
  expect((await find("receipt-text")).textContent).toContain('"outcome": "works"');
  expect(backend.called.map((c) => c.name)).toEqual(["rename_connection", "receipt"]);
});

it("a viewer sees everything and can change nothing", async () => {
  await openWindow("viewer");
  await find("viewer-note");
  for (const id of ["connect-new", "revoke", "replace", "switch-chat", "connect-images", "draft-continue", "need-revoke_unproven"]) {
    expect(screen.queryAllByTestId(id)).toEqual([]);
  }
  expect(screen.getAllByTestId("check-now").length).toBeGreaterThan(0);
});

it("offline says so, and how old the copy is", async () => {
  const backend = await openWindow("offline");
  expect((await find("offline")).textContent).toContain("1 hour ago");
  expect((await find("freshness")).dataset["online"]).toBe("false");
  await click("refresh");
  await waitFor(() => expect(screen.queryByTestId("offline")).toBeNull());
  expect(backend.called.map((c) => c.name)).toEqual(["refresh"]);
});

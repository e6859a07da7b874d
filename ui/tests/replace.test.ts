import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { app } from "../src/app.svelte";
import type { Preview } from "../src/backend/preview";
import { ago, rotation } from "../src/backend/preview/fixtures";
import { failure, stuck, waits, type Scene } from "../src/backend/preview/scenes";
import type { RotationNext } from "../src/wire/RotationNext";
import type { RotationReason } from "../src/wire/RotationReason";
import type { RotationView } from "../src/wire/RotationView";
import { t } from "../src/words/words.svelte";
import { click, enterDraft, expectAccessible, find, inside, openWindow } from "./window";

function union(name: string): string[] {
  const text = readFileSync(`src/wire/${name}.ts`, "utf8");
  return [...text.slice(text.indexOf("export type")).matchAll(/"([a-z_]+)"/g)].map((m) => m[1] ?? "");
}

/** The room in a scene, after a change of what it shows. */
async function room(scene: Scene, given: Partial<RotationView> = {}): Promise<Preview> {
  const backend = await openWindow(scene);
  await enterDraft();
  await find("replace-title");
  if (Object.keys(given).length > 0) await become(backend, given);
  return backend;
}

async function become(backend: Preview, given: Partial<RotationView>) {
  backend.change((s) => Object.assign(s.rotations[0] ?? {}, { wait: null, stuck: null, failure: null, ...given }));
  await waitFor(() => expect(app.state?.revision).toBe(backend.state.revision));
}

const args = { connection: "cn_openai" };
const now = () => screen.getByTestId("replace-now").textContent ?? "";

describe("the way in", () => {
  it("Replace starts it and goes there; the row then says how far it is, and leads back", async () => {
    const backend = await openWindow("busy");
    const row = within(await find("card-voice")).getByTestId("account");
    within(row).getByTestId("replace").click();
    await find("replace-title");
    expect(document.activeElement).toBe(screen.getByTestId("replace-title"));
    expect(screen.getByTestId("screen").dataset["screen"]).toBe("replace");
    await click("replace-leave");
    const line = inside(await find("card-voice"), "being-replaced");
    expect(line.textContent).toContain("Being replaced: step 1 of 7");
    inside(await find("card-voice"), "replace").click();
    await find("replace-title");
    expect(backend.called).toEqual([{ name: "rotation_start", args: { ...args, leaked: false } }]);
  });

  it("a key that may have leaked is told to Rust, which asks; who says no stays where they were", async () => {
    const backend = await openWindow("busy");
    inside(await find("card-voice"), "details").click();
    backend.failNext("rotation_start", failure("declined"));
    await click("leaked");
    await waitFor(() => expect((screen.getByTestId("leaked") as HTMLButtonElement).disabled).toBe(false));
    expect(screen.queryByTestId("failure")).toBeNull();
    await click("leaked");
    await find("replace-title");
    expect(backend.called.filter((c) => c.name === "rotation_start")).toEqual([1, 2].map(() => ({ name: "rotation_start", args: { ...args, leaked: true } })));
    expect(screen.getByTestId("runs-on").dataset["runsOn"]).toBe("none");
  });

  it("while one runs a leak can be told once, there and in its room; after its end it starts anew", async () => {
    const backend = await openWindow("replace-going");
    inside(await find("card-voice"), "details").click();
    expect((await find("details-dialog")).textContent).toContain("then it is stopped and revoked at once, and the new one goes on");
    await click("leaked");
    await find("replace-title");
    await waitFor(() => expect(now()).toContain("delete the key that ends in"));
    expect(screen.queryByTestId("leaked")).toBeNull();
    expect(backend.called[0]).toEqual({ name: "rotation_start", args: { ...args, leaked: true } });
    cleanup();
    const other = await room("replace-new-key");
    other.failNext("rotation_start", failure("declined"));
    await click("leaked");
    await waitFor(() => expect((screen.getByTestId("leaked") as HTMLButtonElement).disabled).toBe(false));
    await click("leaked");
    await waitFor(() => expect(screen.queryByTestId("leaked")).toBeNull());
    expect(screen.getByTestId("runs-on").dataset["runsOn"]).toBe("none");
    cleanup();
    const ended = await openWindow("replace-done");
    inside(await find("card-voice"), "details").click();
    await click("leaked");
    await find("replace-title");
    expect(ended.called.slice(0, 1)).toEqual([{ name: "rotation_start", args: { ...args, leaked: true } }]);
  });

  it("what waits for a person stands in the strip", async () => {
    await openWindow("replace-old-revoked");
    await click("need-rotation_waits");
    await find("replace-title");
  });

  it("a viewer sees it and can change nothing", async () => {
    const backend = await room("replace-old-revoked");
    backend.change((s) => s.me && (s.me.role = "viewer"));
    await waitFor(() => expect(screen.queryByTestId("replace-revoked")).toBeNull());
    for (const given of [waits("new_key"), stuck("weaker", "use_anyway", { paste_another: true })]) {
      await become(backend, given);
      for (const id of ["paste-key", "replace-next", "replace-another", "replace-stop"]) expect(screen.queryByTestId(id)).toBeNull();
    }
  });
});

describe("at every moment", () => {
  it.each([
    ["old", "Calls are running on version 3."],
    ["both", "New calls are running on version 4. Calls that began on version 3 end there."],
    ["new", "Calls are running on version 4."],
    ["none", "No new calls start on this account until version 4 is in use."],
  ] as const)("it says on which version calls run: %s", async (runs_on, sentence) => {
    await room("replace-going", { runs_on });
    expect(screen.getByTestId("runs-on").textContent).toContain(sentence);
  });

  it("on the way back of a leaked one nothing comes into use", async () => {
    await room("replace-leaked", { state: "going_back", cancel: null });
    expect(screen.getByTestId("runs-on").textContent).toMatch(/No new calls start on this account\..*Chat: stop · Voice: stop/s);
  });

  it("without a key in use it says what happens to each use meanwhile", async () => {
    await room("replace-leaked");
    expect(screen.getByTestId("runs-on").textContent).toContain("Chat: stop · Voice: stop");
  });

  it("shows seven steps with a word each, and the time of those that are done", async () => {
    await room("replace-going");
    const states = union("RotationStepName").map((name) => screen.getByTestId(`replace-step-${name}`));
    expect(states.map((s) => s.dataset["state"])).toEqual(["done", "done", "done", "now", "later", "later", "later"]);
    expect(states.map((s) => s.querySelector("time") !== null)).toEqual([true, true, true, false, false, false, false]);
    expect(states[3]?.getAttribute("aria-current")).toBe("step");
  });

  it("a leaked key that must be revoked first is the step that it is at", async () => {
    await room("replace-leaked-revoke");
    expect(screen.getByTestId("replace-step-old_revoked").dataset["state"]).toBe("you");
    expect(screen.getByTestId("replace-step-made").dataset["state"]).toBe("later");
  });

  it("a change is said, and the focus of a button that is gone moves to what is going on", async () => {
    const backend = await room("replace-old-revoked");
    const button = await find("replace-revoked");
    button.focus();
    await become(backend, { ...waits("still_accepted", 9), runs_on: "new" });
    expect(app.said).toBe("OpenAI still accepts the old key.");
    expect(document.activeElement?.id).toBe("replace-now");
    await become(backend, { state: "going", steps: rotation("cn_openai", "openai", 4).steps, runs_on: "old" });
    expect(app.said).toBe("Step 5 of 7: Confirmed by Morgenrot. Morgenrot opens the sealed copy and tries the key. Calls are running on version 3.");
  });

  it("one that is gone leads home", async () => {
    const backend = await room("replace-going");
    backend.change((s) => (s.rotations = []));
    await find("card-chat");
  });
});

describe("waiting", () => {
  it.each(union("RotationWaitKind").filter((kind) => kind !== "retry"))("for %s has its sentence, and axe finds nothing", async (kind) => {
    const byItself = !["new_key", "old_revoked", "new_revoked"].includes(kind);
    await room("replace-going", waits(kind as never, byItself ? 30 : null));
    expect(now()).toContain(t(`replace-wait-${kind}`, { provider: "OpenAI", agency: "Morgenrot" }));
    expect(screen.queryByTestId("replace-until") !== null).toBe(byItself);
    await expectAccessible();
  });

  it("for another try says why", async () => {
    await room("replace-retry");
    expect(now()).toContain("Morgenrot cannot be reached");
    expect((await find("replace-until")).textContent).toContain("Next try:");
  });

  it("a new key: the page opens, its address can be copied, and the key is pasted", async () => {
    const backend = await room("replace-new-key");
    expect(now()).toContain("proj_7Yq2mB");
    await click("open-provider");
    await waitFor(() => expect((screen.getByTestId("open-provider-copy") as HTMLButtonElement).disabled).toBe(false));
    await click("open-provider-copy");
    await click("practice-key");
    await click("paste-key");
    await waitFor(() => expect(screen.getByTestId("replace-title").dataset["wait"]).toBe("old_revoked"));
    expect(backend.called.map((c) => c.name)).toEqual(["open_page", "copy", "practice_key", "rotation_paste"]);
    expect(backend.called.at(-1)?.args).toEqual(args);
    await click("replace-revoked");
    await find("replace-report");
    await click("replace-done");
    await find("card-chat");
    expect(backend.called.slice(-2)).toEqual([{ name: "rotation_revoked", args }, { name: "rotation_close", args }]);
  });

  it("a key whose shape is that of several providers is sent nowhere before the person says whose it is", async () => {
    const backend = await room("replace-asked");
    expect(now()).toContain("Did you copy it at Stability AI?");
    await click("paste-sure");
    await waitFor(() => expect(screen.queryByTestId("paste-sure")).toBeNull());
    expect(backend.called).toEqual([{ name: "rotation_paste", args: { connection: "cn_stability" } }]);
  });

  it("the clipboard is watched only when that is switched on, and no longer than this page is open", async () => {
    const backend = await room("replace-new-key");
    const watch = (await find("watch-clipboard")) as HTMLInputElement;
    expect(watch.checked).toBe(false);
    await click("watch-clipboard");
    await waitFor(() => expect((screen.getByTestId("watch-clipboard") as HTMLInputElement).checked).toBe(true));
    expect(now()).toContain("Watching until");
    await expectAccessible();
    await click("replace-leave");
    await find("card-chat");
    await waitFor(() => expect(backend.called).toEqual([true, false].map((on) => ({ name: "rotation_watch", args: { ...args, on } }))));
  });

  it("an admin key that is brought ends the old key: nobody is asked to delete it", async () => {
    const backend = await room("replace-old-revoked");
    expect((await find("admin-offer")).textContent).toContain("Morgenrot never gets it.");
    backend.failNext("keep_admin_key", failure("work_key_pasted"));
    await click("paste-admin-key");
    expect((await find("failure")).dataset["code"]).toBe("work_key_pasted");
    await click("paste-admin-key");
    await waitFor(() => expect(screen.queryByTestId("admin-offer")).toBeNull());
    expect(screen.queryByTestId("replace-revoked")).toBeNull();
    expect(backend.called.at(-1)).toEqual({ name: "keep_admin_key", args: { provider: "openai" } });
    await become(backend, { ...waits("new_key"), ends_old: true });
    expect(now()).toContain("Ownkey switches it off itself");
  });

  it("a paste that failed is told, also to who comes back, and can be tried again", async () => {
    const backend = await room("replace-paste-failed");
    expect((await find("failure")).dataset["code"]).toBe("same_key");
    backend.failNext("rotation_paste", failure("clipboard_empty"));
    await click("paste-key");
    await waitFor(() => expect(screen.getByTestId("failure").dataset["code"]).toBe("clipboard_empty"));
    await click("failure-button");
    await waitFor(() => expect(screen.queryByTestId("failure")).toBeNull());
    expect(backend.called.map((c) => c.name)).toEqual(["rotation_paste", "rotation_paste"]);
  });

  it("names the key to delete and the one to leave alone", async () => {
    const backend = await room("replace-old-revoked");
    expect(now()).toMatch(/delete the key that ends in ••••.*1a2B.*Do not delete the new one: ••••.*9Z3f/s);
    await become(backend, { ...waits("old_revoked"), old_last_four: null });
    expect(now()).toContain("the key that was version 3");
    await become(backend, waits("new_revoked"));
    expect(now()).toMatch(/delete the key that ends in ••••.*9Z3f/s);
  });
});

describe("standing still", () => {
  it.each(union("RotationReason"))("%s: what happened, what works, what to do, one button", async (why) => {
    const backend = await room("replace-going", stuck(why as RotationReason));
    const values = { provider: "OpenAI", agency: "Morgenrot" };
    if (why === "weaker") expect(now()).toContain("Use it if you can do without.");
    for (const id of [`replace-why-${why}`, why === "weaker" ? "replace-todo-weaker-only" : `replace-todo-${why}`, "replace-works-old"]) expect(now()).toContain(t(id, values));
    await expectAccessible();
    await click("replace-next");
    expect(backend.called).toEqual([{ name: "rotation_go_on", args }]);
  });

  it.each(union("RotationNext"))("the button says what it does: %s", async (next) => {
    await room("replace-going", stuck("weaker", next as RotationNext, { paste_another: true }));
    expect((await find("replace-next")).textContent).toBe(t(`replace-next-${next}`));
    expect(screen.queryByTestId("replace-another") !== null).toBe(next !== "paste_another");
  });

  it("lists in words what a weaker key lacks; another can be brought", async () => {
    const backend = await room("replace-weaker");
    expect([...(await find("weaknesses")).children].map((li) => li.textContent)).toEqual([
      "These models are missing: GPT-5.2 and GPT Image 2",
      "It cannot serve: Voice",
      "This permission is missing: api.model.audio.request",
      "There is no money behind it.",
    ]);
    await click("replace-another");
    await find("paste-key");
    expect(backend.called).toEqual([{ name: "rotation_paste_another", args }]);
  });

  it("one assistant tries the new key first where the person wants it, and all use it when the person says so", async () => {
    const backend = await room("replace-going");
    await click("replace-try");
    await waitFor(() => expect((screen.getByTestId("replace-try") as HTMLInputElement).checked).toBe(true));
    expect(screen.getByTestId("replace-trial").textContent).toContain("Idea box runs on the new key before the others do.");
    await become(backend, { ...waits("trial", 40), trial: "as_ideas" });
    expect(now()).toContain("One assistant tries the new key.");
    await expectAccessible();
    await click("replace-try-all");
    await waitFor(() => expect(screen.queryByTestId("replace-trial")).toBeNull());
    expect(backend.called).toEqual(["as_ideas", null].map((assistant) => ({ name: "rotation_try", args: { ...args, assistant } })));
    cleanup();
    const keys = await openWindow("busy");
    inside(await find("card-voice"), "details").click();
    await click("replace-try");
    await waitFor(() => expect((screen.getByTestId("replace-try") as HTMLInputElement).checked).toBe(true));
    expect(keys.called).toEqual([{ name: "rotation_try", args: { ...args, assistant: "as_ideas" } }]);
  });

  it("what else uses the old key can be waited for, overruled, or left alone", async () => {
    const backend = await room("replace-still-used");
    expect(now()).toContain("Something else still uses the old key.");
    await expectAccessible();
    await click("replace-listen");
    await waitFor(() => expect(screen.getByTestId("replace-title").dataset["wait"]).toBe("quiet"));
    await become(backend, stuck("still_used", "revoke_anyway"));
    await click("replace-leave-it");
    await find("replace-report");
    expect(backend.called.map((c) => c.name)).toEqual(["rotation_wait", "rotation_leave"]);
  });

  it("a key of another account becomes a connection of its own", async () => {
    await room("replace-other-account");
    await click("replace-next");
    expect((await find("connect-step")).dataset["step"]).toBe("check");
  });

  it("a failure of the button is shown, and tried again", async () => {
    const backend = await room("replace-unproven");
    backend.failNext("rotation_go_on", failure("keychain_locked"));
    await click("replace-next");
    expect((await find("failure")).dataset["code"]).toBe("keychain_locked");
    await click("failure-button");
    await waitFor(() => expect(backend.called.map((c) => c.name)).toEqual(["rotation_go_on", "rotation_go_on"]));
  });
});

describe("stopping", () => {
  it("says before what it does, and can be left", async () => {
    const backend = await room("replace-going");
    await click("replace-stop");
    await expectAccessible();
    expect(inside(await find("stop-dialog"), "stop-means").textContent).toMatch(/old key stays in use.*asked to delete it there.*deleted from this computer/s);
    await click("stop-no");
    await waitFor(() => expect(screen.queryByTestId("stop-dialog")).toBeNull());
    expect(backend.called).toEqual([]);
    await click("replace-stop");
    await click("stop-yes");
    await waitFor(() => expect(screen.getByTestId("replace-title").dataset["wait"]).toBe("new_revoked"));
    expect(screen.queryByTestId("stop-dialog")).toBeNull();
    expect(backend.called).toEqual([{ name: "rotation_cancel", args }]);
  });

  it.each([
    [{ retires_new: false, revokes_new: false, by_hand: false }, false, /stays in use.*nothing is left behind/s],
    [{ retires_new: true, revokes_new: true, by_hand: false }, false, /Morgenrot retires its sealed copy.*Ownkey revokes the new key/s],
    [{ retires_new: false, revokes_new: true, by_hand: false }, true, /revoked at OpenAI even so, because it may have leaked/],
  ])("what %o means", async (cancel, leaked, words) => {
    await room("replace-going", { cancel, leaked });
    await click("replace-stop");
    expect((await find("stop-means")).textContent).toMatch(words);
  });

  it("is not offered where it is not possible", async () => {
    await room("replace-draining");
    expect(screen.queryByTestId("replace-stop")).toBeNull();
  });
});

describe("the calls on a leaked key", () => {
  it("are listed newest first with their sum, a page at a time", async () => {
    const backend = await room("replace-leaked");
    expect((await find("version-calls-sum")).textContent).toMatch(/6 calls, \$0\.0\d+ by list prices\..*Of 1 call the cost is not known/s);
    const rows = () => screen.getAllByTestId("version-call").map((row) => row.textContent ?? "");
    expect(rows()).toHaveLength(4);
    expect(rows()[0]).toMatch(/Newsletter writer.*gpt-5\.2.*1,204 tokens in and 388 tokens out.*\$0\.006125.*answered/s);
    expect(rows()[2]).toMatch(/An assistant that is gone.*not told.*not known.*429/s);
    await expectAccessible();
    await click("version-calls-more");
    await waitFor(() => expect(rows()).toHaveLength(6));
    expect(screen.queryByTestId("version-calls-more")).toBeNull();
    expect(backend.called.map((c) => c.args)).toEqual([null, "call_preview3"].map((before) => ({ ...args, version: 3, before })));
  });

  it("are not there for another replacement; none and offline are said", async () => {
    await room("replace-going");
    expect(screen.queryByTestId("version-calls")).toBeNull();
    cleanup();
    await room("replace-leaked", { old: 1 });
    expect((await find("version-calls-none")).textContent).toContain("no calls on this key");
    cleanup();
    const backend = await openWindow("replace-leaked-revoke");
    backend.failNext("version_calls", failure("agency_unreachable"));
    await enterDraft();
    expect((await find("version-calls-offline")).textContent).toContain("replaced all the same");
    await click("failure-button");
    await find("version-calls-sum");
  });
});

describe("afterwards", () => {
  it("reports the old key, the new one and the calls", async () => {
    await room("replace-done");
    const [old, next, calls] = [...(await find("replace-report")).children].map((li) => li.textContent ?? "");
    expect(old).toMatch(/Old key ••••.*1a2B: refused by OpenAI at .*\d:\d\d:\d\d/);
    expect(next).toMatch(/New key ••••.*9Z3f: in use as version 4/);
    expect(calls).toContain("214 calls meanwhile, 0 failed");
    expect(screen.queryByTestId("replace-stop")).toBeNull();
  });

  it("saves the report; who chose no place is not told of a failure", async () => {
    const backend = await room("replace-done");
    backend.failNext("rotation_save", failure("declined"));
    await click("replace-save");
    await waitFor(() => expect((screen.getByTestId("replace-save") as HTMLButtonElement).disabled).toBe(false));
    expect(screen.queryByTestId("failure")).toBeNull();
    await click("replace-save");
    await waitFor(() => expect(app.said).toBe("The report is saved."));
    expect(backend.called).toEqual([1, 2].map(() => ({ name: "rotation_save", args })));
  });

  it("says so where the agency told no calls, and where nothing was replaced", async () => {
    await room("replace-abandoned", { report: { refused_at: null, ended: ago(0), calls: null } });
    expect(now()).toContain("The key was not replaced.");
    expect((await find("replace-report")).textContent).not.toContain("Old key");
    expect((await find("replace-calls")).textContent).toContain("has not said");
    expect(screen.getByTestId("replace-step-confirmed").dataset["state"]).toBe("never");
  });

  it("a first key has no old one", async () => {
    await room("replace-done", { old: null });
    expect((await find("replace-report")).children).toHaveLength(2);
    expect(screen.getByTestId("replace-step-old_revoked").textContent).toContain("No old key left");
  });
});

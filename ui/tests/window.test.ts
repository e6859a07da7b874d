import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { app } from "../src/app.svelte";
import { call, open } from "../src/backend";
import { NAMES_OF_SCENES, scene } from "../src/backend/preview/scenes";
import type { AppState } from "../src/wire/AppState";
import { has, makeLanguage, pick, t, use } from "../src/words/words.svelte";
import { click, enterDraft, find, openWindow } from "./window";

describe("keys of the keyboard", () => {
  const press = (key: string) => fireEvent.keyDown(window, { key, ctrlKey: true });

  it("Ctrl + and − change the size of everything, Ctrl 0 takes it back; it is remembered", async () => {
    await openWindow("joined");
    await press("+");
    expect(document.documentElement.style.fontSize).toBe("110%");
    expect(localStorage.getItem("ownkey.zoom")).toBe("1.1");
    await press("-");
    await press("-");
    expect(document.documentElement.style.fontSize).toBe("90%");
    for (let n = 0; n < 12; n++) await press("=");
    expect(document.documentElement.style.fontSize).toBe("200%");
    await press("0");
    expect(document.documentElement.style.fontSize).toBe("");
  });

  it("Ctrl Q quits", async () => {
    const backend = await openWindow("joined");
    await press("q");
    await waitFor(() => expect(backend.called).toEqual([{ name: "quit", args: {} }]));
  });

  it("no button is out of reach: all that can be clicked is a button, a field or a summary", async () => {
    await openWindow("busy");
    for (const element of document.querySelectorAll("[data-testid]")) {
      const id = element.getAttribute("data-testid") ?? "";
      if (!/^(rail|connect|switch|check-now|revoke|replace|details|need-|draft-continue)/.test(id) || id === "connect-step") continue;
      expect(element.tagName).toBe("BUTTON");
    }
  });
});

describe("the state", () => {
  it("follows news without being asked", async () => {
    const backend = await openWindow("joined");
    backend.change((state) => state.me && (state.me.client_name = "Southlight"));
    await waitFor(() => expect(document.body.textContent).toContain("Southlight"));
  });

  it("an older answer never replaces a newer", async () => {
    const newest = { ...scene("joined"), revision: 9 };
    const answers: AppState[] = [newest, { ...scene("welcome"), revision: 8 }];
    const backend = { call: async () => answers.shift() ?? newest, onChanged: async () => () => undefined };
    app.state = null;
    await open(backend as never);
    await app.ask();
    await app.ask();
    expect(app.state).toMatchObject({ revision: 9, stage: "joined" });
  });

  it.each(["removed", "lost"] as const)("whoever is %s can open a new invitation", async (scene) => {
    await openWindow(scene);
    await find(`stage-${scene}`);
    await click("join-again");
    await find("join-link");
  });

  it("an alarm goes when a person has read it", async () => {
    await openWindow("alarm");
    await click("alarm-done");
    await find("rail-keys");
  });

  it("a removed device shows one page, and nothing to change", async () => {
    await openWindow("removed");
    await find("stage-removed");
    expect(screen.queryByTestId("rail-keys")).toBeNull();
    expect(document.body.textContent).toContain("help@morgenrot.example");
    expect(screen.queryByTestId("removed-new-key")).toBeNull();
  });

  it("a removed device asks for the end of the new key that nobody else knows of", async () => {
    await openWindow("removed-new-key");
    await find("removed-new-key");
    await click("replace-revoked");
    await waitFor(() => expect(screen.queryByTestId("removed-new-key")).toBeNull());
  });
});

describe("inside the desktop app", () => {
  const invoke = vi.fn();

  beforeEach(() => {
    invoke.mockReset();
    Object.assign(window, { __TAURI_INTERNALS__: { invoke, transformCallback: () => 1 } });
  });

  afterEach(() => {
    Reflect.deleteProperty(window, "__TAURI_INTERNALS__");
  });

  it("commands go to Rust under their own names, arguments too", async () => {
    await open();
    invoke.mockResolvedValueOnce(null);
    await call("join_accept", { link: "https://a.example/join#x", device_name: "Desk" });
    expect(invoke.mock.calls[0]?.slice(0, 2)).toEqual(["join_accept", { link: "https://a.example/join#x", device_name: "Desk" }]);
  });

  it("listens to `changed`", async () => {
    const backend = await open();
    invoke.mockResolvedValueOnce(7);
    await backend.onChanged(() => undefined);
    expect(invoke.mock.calls[0]?.[0]).toBe("plugin:event|listen");
    expect(invoke.mock.calls[0]?.[1]).toMatchObject({ event: "changed" });
  });

  it("a failure keeps its code; anything else loses its text", async () => {
    await open();
    invoke.mockRejectedValueOnce({ code: "stale", ref: "AB-1", fields: [] });
    await expect(call("refresh", {})).rejects.toEqual({ code: "stale", ref: "AB-1", fields: [] });
    invoke.mockRejectedValueOnce("command refresh not allowed: sk-secret");
    await expect(call("refresh", {})).rejects.toEqual({ code: "unforeseen", ref: "WINDOW", fields: [] });
  });
});

describe("languages", () => {
  it("takes the system's where it is spoken, else English", () => {
    expect(pick("system", ["de-AT", "en"])).toBe("de");
    expect(pick("system", ["fr", "de"])).toBe("de");
    expect(pick("system", ["fr"])).toBe("en");
    expect(pick("de", ["en"])).toBe("de");
    expect(pick("xx", ["de"])).toBe("en");
  });

  it("an id that does not exist shows itself", () => {
    expect(has("no-such-message")).toBe(false);
    expect(t("no-such-message")).toBe("[no-such-message]");
  });

  // Every letter of a message becomes one that no fixture has, and the script runs the other way: what is still
  // plain Latin on the screen was either told by the backend, or is hard-coded.
  const pseudo = makeLanguage("en", {
    shownAs: "ar-XB",
    dir: "rtl",
    transform: (text) => text.replace(/[A-Za-z]/g, (letter) => String.fromCodePoint(0x0411 + (letter.toLowerCase().charCodeAt(0) - 97))),
  });
  // Names that are the same in every language, how Arabic writes dollars, and the letters of the providers' tiles.
  const SAME = /\b(English|Deutsch|Ctrl|USD|[OAGSR])\b|US\$/g;

  it.each([...NAMES_OF_SCENES, "bills" as const])("nothing in the scene %s is hard-coded, and it stands in right-to-left", async (name) => {
    const backend = await openWindow(name === "bills" ? "busy" : name);
    await enterDraft();
    if (name === "bills") {
      await click("rail-bills");
      for (const turn of await screen.findAllByTestId("bill-as-table")) await fireEvent.click(turn);
    }
    use(pseudo);
    await waitFor(() => expect(document.body.textContent).not.toMatch(/Simulated providers/));
    expect(document.documentElement.dir).toBe("rtl");
    const told = [...JSON.stringify([backend.state, backend.books.months]).matchAll(/"((?:[^"\\]|\\.)*)"/g)]
      .map((found) => JSON.parse(`"${found[1]}"`) as string)
      .sort((a, b) => b.length - a.length);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement?.closest("time")) continue;
      let text = node.textContent ?? "";
      for (const value of told) if (value !== "") text = text.replaceAll(value, "");
      expect(text.replace(SAME, "")).not.toMatch(/[A-Za-z]{2,}/);
    }
  });
});

import { screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { NAMES_OF_SCENES } from "../src/backend/preview/scenes";
import { allText, click, enterDraft, expectAccessible, find, openWindow } from "./window";

/** The only places into which a person can type. There is none for a key. */
const FIELDS = ["join-link", "join-device", "rename-input", "invite-name", "bills-margin-share", "bills-margin-money"];

describe.each(["en", "de"])("in %s", (lang) => {
  it.each(NAMES_OF_SCENES)("the scene %s is drawn in full, and axe finds nothing", async (scene) => {
    await openWindow(scene, lang);
    await expectAccessible();
    await enterDraft();
    await expectAccessible();
    expect(allText()).not.toMatch(/\[[a-z_-]+\]|\{\s*\$/);
    expect(document.documentElement.lang).toBe(lang);
    expect(screen.getAllByRole("heading", { level: 1 })).toHaveLength(1);
  });

  it.each(["bills", "history", "settings"])("the room %s is drawn in full, and axe finds nothing", async (room) => {
    await openWindow("busy", lang);
    await click(`rail-${room}`);
    if (room === "history") await find("history-rows");
    if (room === "bills") await find("bills-month");
    await expectAccessible();
    expect(allText()).not.toMatch(/\[[a-z_-]+\]|\{\s*\$/);
  });
});

it.each(NAMES_OF_SCENES)("the scene %s has no field for a key", async (scene) => {
  await openWindow(scene);
  await enterDraft();
  for (const field of document.querySelectorAll("input, textarea, [contenteditable]")) {
    const kind = field.getAttribute("type") ?? "text";
    if (kind === "checkbox" || kind === "radio") continue;
    expect(FIELDS).toContain(field.getAttribute("data-testid"));
  }
});

it.each(NAMES_OF_SCENES)("the scene %s says that the providers are simulated", async (scene) => {
  await openWindow(scene);
  expect(screen.getByTestId("banner-simulated").textContent).toContain("Simulated providers");
});

it("the real thing has no banner and no practice keys", async () => {
  const backend = await openWindow("key");
  backend.change((state) => Object.assign(state, { simulated: false, practice_keys: false }));
  await enterDraft();
  await find("paste-key");
  expect(screen.queryByTestId("banner-simulated")).toBeNull();
  expect(screen.queryByTestId("practice-key")).toBeNull();
});

/** Opens the whole window on the preview backend, and finds things as the window tests do: by `data-testid`. */
import { configure, fireEvent, render, screen, within } from "@testing-library/svelte";
import axe from "axe-core";
import { expect } from "vitest";

import { app } from "../src/app.svelte";
import App from "../src/App.svelte";
import { open } from "../src/backend";
import { preview, type Preview } from "../src/backend/preview";
import type { Scene } from "../src/backend/preview/scenes";

// The whole page in every message would bury what went wrong.
configure({ getElementError: (message) => new Error(message ?? "not found") });

/** The window in a scene, drawn. */
export async function openWindow(scene: Scene, lang = "en"): Promise<Preview> {
  const backend = preview(new URLSearchParams({ scene, lang, pace: "0" }));
  app.state = null;
  app.failure = null;
  app.said = "";
  app.go({ room: "keys" });
  await open(backend);
  render(App);
  await app.start(backend);
  return backend;
}

/** The one element of this id, when it is there. */
export function find(id: string): Promise<HTMLElement> {
  return screen.findByTestId(id, undefined, { timeout: 4000 });
}

/** Clicks the one element of this id. */
export async function click(id: string): Promise<void> {
  await fireEvent.click(await find(id));
}

/** The element of this id within another. */
export function inside(outer: HTMLElement, id: string): HTMLElement {
  return within(outer).getByTestId(id);
}

/** Types into the field of this id. */
export async function type(id: string, value: string): Promise<void> {
  await fireEvent.input(await find(id), { target: { value } });
}

/** Goes to the connection in the making, or to the key that is being replaced, where the scene has one. */
export async function enterDraft(): Promise<void> {
  const go = screen.queryByTestId("draft-continue") ?? screen.queryAllByTestId("look-replace")[0];
  if (go) await fireEvent.click(go);
}

/** Axe finds nothing. (Colours need a real browser: jsdom computes none.) */
export async function expectAccessible(): Promise<void> {
  const result = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false } },
  });
  expect(result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`)).toEqual([]);
}

/** All text that a person can read, attributes included. */
export function allText(): string {
  const named = [...document.querySelectorAll("[aria-label],[title],[placeholder]")].flatMap((e) =>
    ["aria-label", "title", "placeholder"].map((name) => e.getAttribute(name) ?? ""),
  );
  return [document.body.textContent ?? "", ...named].join("\n");
}

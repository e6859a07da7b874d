import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";

import { failure, scene } from "../src/backend/preview/scenes";
import { open } from "../src/backend";
import { app } from "../src/app.svelte";
import App from "../src/App.svelte";
import FailureBox from "../src/parts/FailureBox.svelte";
import { REMEDIES } from "../src/parts/remedies";
import type { Code } from "../src/wire/Code";
import { has, LANGUAGES, makeLanguage, t, use } from "../src/words/words.svelte";
import { args } from "../src/words/fields";
import { click, find, openWindow, type } from "./window";

const CODES = [...readFileSync("src/wire/Code.ts", "utf8").matchAll(/"([a-z_]+)"/g)].map((m) => m[1] as Code);

describe.each(LANGUAGES)("in $name", ({ tag }) => {
  it.each(CODES)("%s has three sentences, and a button only where it can do something", (code) => {
    use(makeLanguage(tag));
    for (const part of ["what", "works", "todo"]) expect(t(`${code}-${part}`, args([]))).toMatch(/^\p{L}.+\.$/u);
    expect(has(`${code}-button`)).toBe(code in REMEDIES);
  });
});

it("shows what happened, what still works, what to do, the reference and whom to ask", async () => {
  const backend = await openWindow("busy");
  const retry = vi.fn();
  const { container } = render(FailureBox, { failure: failure("agency_unreachable"), retry });
  const text = container.textContent ?? "";
  for (const part of ["what", "works", "todo"]) expect(text).toContain(t(`agency_unreachable-${part}`));
  expect(text).toContain("7F3K-2Q");
  expect(text).toContain("help@morgenrot.example");
  await click("failure-button");
  expect(retry).toHaveBeenCalledOnce();
  await click("copy-report");
  expect(backend.called.at(-1)).toEqual({ name: "copy", args: { what: { kind: "report", of: "7F3K-2Q" } } });
});

it("offers nothing that cannot be done", async () => {
  await openWindow("joined");
  render(FailureBox, { failure: failure("agency_unreachable") });
  expect(screen.queryByTestId("failure-button")).toBeNull();
});

it("names what it was told, and says so where it was not told", async () => {
  use(makeLanguage("en"));
  const known = args([{ name: "provider", value: "gemini" }, { name: "uses", value: "chat,images" }, { name: "secret", value: "no" }]);
  expect(known["provider"]).toBe("Google Gemini");
  expect(known["uses"]).toBe("Chat and Images");
  expect(known["name"]).toBe("name not known");
  expect(known).not.toHaveProperty("secret");
});

it("a browser that does not open: its page's address can be copied", async () => {
  const backend = await openWindow("key");
  await click("draft-continue");
  backend.failNext("open_page", failure("no_browser"));
  await click("open-provider");
  expect((await find("failure")).dataset["code"]).toBe("no_browser");
  await click("failure-button");
  expect(backend.called.at(-1)).toEqual({ name: "copy", args: { what: { kind: "page", of: { kind: "provider_keys", of: "openai" } } } });
});

it("a wrong link is told on the welcome screen, and the text stays", async () => {
  await openWindow("welcome");
  await type("join-link", "sk-something");
  await click("join-read");
  expect((await find("failure")).dataset["code"]).toBe("link_malformed");
  expect((await find("join-link")) as HTMLInputElement).toHaveProperty("value", "sk-something");
});

it("a failed paste can be tried again, and the failure goes when it works", async () => {
  const backend = await openWindow("key");
  await click("draft-continue");
  backend.failNext("connect_paste", failure("several_keys", { count: "2" }));
  await click("paste-key");
  expect((await find("failure")).dataset["code"]).toBe("several_keys");
  await click("failure-button");
  await waitFor(() => expect(screen.getByTestId("verdict-scope").dataset["answer"]).toBe("yes"));
  expect(screen.queryByTestId("failure")).toBeNull();
  expect(backend.called.map((c) => c.name)).toEqual(["connect_paste", "connect_paste"]);
});

it("a failure of a kept draft is shown when one comes back to it", async () => {
  await openWindow("key-failed");
  await click("draft-continue");
  expect((await find("failure")).dataset["code"]).toBe("other_providers_key");
});

it("what is no failure from Rust becomes unforeseen, without its text", async () => {
  const backend = await openWindow("busy");
  vi.spyOn(backend, "call").mockRejectedValueOnce(new Error("sk-proj-very-secret"));
  await fireEvent.click((await screen.findAllByTestId("check-now"))[0]!);
  expect((await find("failure")).dataset["code"]).toBe("unforeseen");
  expect(document.body.textContent).not.toContain("sk-proj");
});

it("says why the window has nothing to show, and opens when that has passed", async () => {
  let broken = true;
  const backend = {
    call: () => (broken ? Promise.reject(failure("disk_full")) : Promise.resolve(scene("joined"))),
    onChanged: async () => () => undefined,
  };
  app.state = null;
  await open(backend as never);
  render(App);
  await app.start(backend as never);
  expect((await find("failure")).dataset["code"]).toBe("disk_full");
  broken = false;
  await click("failure-button");
  await find("card-chat");
});

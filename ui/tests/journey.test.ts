import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { failure } from "../src/backend/preview/scenes";
import { click, find, openWindow, type } from "./window";

const LINK = "https://keys.morgenrot.example/join#Y29kZQ.ZmluZ2VycHJpbnQ.7";

it("from the join link to the first call on the client's own account", async () => {
  const backend = await openWindow("welcome");
  await type("join-link", `  ${LINK} `);
  await click("join-read");
  expect(within(await find("join-words")).getAllByRole("listitem")).toHaveLength(6);
  await type("join-device", "Front desk");
  await click("join-accept");

  await click("connect-new");
  await click("provider-openai");
  await click("use-chat");
  await click("connect-begin");
  await click("how-by-hand");
  await click("practice-key");
  await click("paste-key");
  await waitFor(() => expect(screen.getByTestId("verdict-scope").dataset["answer"]).toBe("yes"));
  expect(screen.getByTestId("verdict-credit").dataset["answer"]).toBe("not_provable");
  await click("to-review");
  await find("parcel");
  await click("seal-and-send");
  expect((await find("receipt-outcome")).dataset["outcome"]).toBe("works");
  await click("try-start");
  await waitFor(() => expect(screen.getByTestId("trial").dataset["called"]).toBe("true"));
  await click("use-for-all");
  await waitFor(() => expect(screen.getByTestId("first-calls").dataset["count"]).toBe("1"));
  await click("connect-finish");
  expect((await find("card-chat")).dataset["payer"]).toBe("own");

  expect(backend.called.map((c) => c.name)).toEqual([
    "join_preview",
    "join_accept",
    "connect_start",
    "connect_how",
    "practice_key",
    "connect_paste",
    "connect_review",
    "connect_send",
    "connect_try",
    "connect_use",
    "connect_close",
  ]);
  expect(backend.called[0]?.args).toEqual({ link: LINK });
  expect(backend.called[1]?.args).toEqual({ link: LINK, device_name: "Front desk" });
  expect(backend.called[2]?.args).toEqual({ provider: "openai", uses: ["chat"] });
  expect(backend.called[9]?.args).toMatchObject({ uses: ["chat"], preferred: ["chat"] });
});

it("makes the key with an admin key, and keeps that only when ticked", async () => {
  const backend = await openWindow("how");
  await click("draft-continue");
  await click("how-made-for-me");
  await click("paste-key");
  await click("keep-admin-key");
  await click("make-key");
  await waitFor(() => expect(screen.getByTestId("verdict-scope").dataset["answer"]).toBe("yes"));
  expect(backend.called.find((c) => c.name === "connect_make")?.args).toEqual({ id: "cn_new", keep_admin_key: true });
});

describe("choosing", () => {
  it("a provider with one use has it chosen, and it cannot be taken away", async () => {
    await openWindow("joined");
    await click("connect-new");
    await click("provider-anthropic");
    await click("use-chat");
    expect((await find("use-chat")) as HTMLInputElement).toHaveProperty("checked", true);
    expect((await find("connect-begin")) as HTMLButtonElement).toHaveProperty("disabled", false);
  });

  it("coming from a use shows its providers, with that use chosen", async () => {
    const backend = await openWindow("joined");
    await click("connect-images");
    await find("provider-gemini");
    expect(screen.queryByTestId("provider-anthropic")).toBeNull();
    await click("provider-openai");
    await click("connect-begin");
    await find("how-by-hand");
    expect(backend.called[0]?.args).toEqual({ provider: "openai", uses: ["images"] });
  });

  it("nothing chosen, nothing begun", async () => {
    await openWindow("joined");
    await click("connect-new");
    expect((await find("connect-begin")) as HTMLButtonElement).toHaveProperty("disabled", true);
  });
});

describe("checking", () => {
  it("a refused key goes no further", async () => {
    await openWindow("check-no");
    await click("draft-continue");
    expect((await find("verdict-key")).textContent).toContain("Incorrect API key provided");
    await find("check-stops");
    expect(screen.queryByTestId("to-review")).toBeNull();
    await click("other-key");
    expect((await find("connect-step")).dataset["step"]).toBe("key");
  });

  it.each(["check-consent", "check-agency"] as const)("%s is sent only after it was agreed to", async (scene) => {
    const backend = await openWindow(scene);
    await click("draft-continue");
    expect((await find("to-review")) as HTMLButtonElement).toHaveProperty("disabled", true);
    await click("send-anyway");
    await click("to-review");
    await find("seal-and-send");
    expect(backend.called.map((c) => c.name)).toEqual(["connect_review"]);
  });

  it("a key that was never checked is checked without being asked, once", async () => {
    const backend = await openWindow("check");
    backend.change((state) => state.drafts.forEach((d) => (d.check = null)));
    await click("draft-continue");
    await waitFor(() => expect(screen.getByTestId("verdict-scope").dataset["answer"]).toBe("yes"));
    expect(backend.called.map((c) => c.name)).toEqual(["connect_check"]);
  });

  it("a model is picked per use, and the other picks stay", async () => {
    const backend = await openWindow("check");
    backend.change((state) => state.drafts.forEach((d) => (d.picks = [{ use: "chat", model: "gpt-5.2" }, { use: "images", model: null }])));
    await click("draft-continue");
    const select = (await find("model-images")) as HTMLSelectElement;
    select.value = "gpt-image-2";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    await waitFor(() =>
      expect(backend.called.at(-1)).toEqual({
        name: "connect_pick",
        args: { id: "cn_new", picks: [{ use: "chat", model: "gpt-5.2" }, { use: "images", model: "gpt-image-2" }] },
      }),
    );
  });
});

describe("on the way", () => {
  it.each(["key", "check", "review", "confirm", "try", "use"] as const)("back works at %s", async (scene) => {
    const backend = await openWindow(scene);
    await click("draft-continue");
    await click("connect-back");
    await waitFor(() => expect(backend.called.at(-1)?.name).toBe("connect_back"));
    expect((await find("connect-step")).dataset["step"]).not.toBe(scene);
  });

  it("back from the first step leads home, with the draft kept", async () => {
    await openWindow("how");
    await click("draft-continue");
    await click("connect-back");
    await find("draft-continue");
  });

  it("discard leads home", async () => {
    const backend = await openWindow("review");
    await click("draft-continue");
    await click("connect-discard");
    await find("card-chat");
    expect(backend.called.map((c) => c.name)).toEqual(["connect_discard"]);
    expect(screen.queryByTestId("draft")).toBeNull();
  });

  it("a discard that was not confirmed stays where it was, without a word", async () => {
    const backend = await openWindow("review");
    await click("draft-continue");
    backend.failNext("connect_discard", failure("declined"));
    await click("connect-discard");
    await waitFor(() => expect(backend.called).toHaveLength(1));
    await find("seal-and-send");
    expect(screen.queryByTestId("failure")).toBeNull();
  });

  it("a step that changes is said, and its heading has the focus", async () => {
    await openWindow("check");
    await click("draft-continue");
    await click("to-review");
    await find("seal-and-send");
    expect(document.activeElement).toBe(screen.getByTestId("connect-step"));
    expect(screen.getAllByRole("status").at(-1)?.textContent).toBe("Step 4 of 8: Review.");
  });

  it("a refused receipt leads to no trial and no use", async () => {
    await openWindow("confirm-refused");
    await click("draft-continue");
    expect((await find("receipt-outcome")).dataset["outcome"]).toBe("refused");
    expect(screen.queryByTestId("try-start")).toBeNull();
    expect(screen.queryByTestId("use-for-all")).toBeNull();
  });

  it("the trial can be left out", async () => {
    const backend = await openWindow("try");
    await click("draft-continue");
    await click("try-skip");
    await click("use-for-all");
    await find("connect-done");
    expect(backend.called.map((c) => c.name)).toEqual(["connect_skip_try", "connect_use"]);
  });

  it("where another account serves a use already, being preferred is a choice", async () => {
    const backend = await openWindow("busy");
    backend.change((state) => state.drafts.forEach((d) => Object.assign(d, { provider: "openai", uses: ["chat", "images"], step: "use" })));
    await click("draft-continue");
    await find("promote-prefer-chat");
    expect(screen.queryByTestId("promote-prefer-images")).toBeNull();
    await click("promote-prefer-chat");
    await click("use-for-all");
    await find("connect-done");
    expect(backend.called.at(-1)?.args).toMatchObject({ uses: ["chat", "images"], preferred: ["images"] });
  });
});

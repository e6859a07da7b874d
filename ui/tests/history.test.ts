import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { page, KINDS } from "../src/backend/preview/record";
import { args } from "../src/words/fields";
import { has, LANGUAGES, makeLanguage, t, use } from "../src/words/words.svelte";
import { click, expectAccessible, find, openWindow } from "./window";

describe.each(LANGUAGES)("in $name", ({ tag }) => {
  it.each(KINDS)("%s has a sentence, with its fields and without any", (act, _actor, _group, fields) => {
    use(makeLanguage(tag));
    const id = `act-${act.replaceAll(".", "-")}`;
    expect(has(id)).toBe(true);
    const told = t(id, args(Object.entries(fields).map(([name, value]) => ({ name, value }))));
    if (fields["name"] !== undefined && !act.startsWith("trial")) expect(told).toContain(fields["name"]);
    expect(t(id, args([]))).not.toContain("undefined");
  });
});

it("an entry names what it is about by whatever word it tells it, and says nothing of a name that there is not", () => {
  use(makeLanguage("en"));
  const act = (id: string, fields: Record<string, string>) => t(id, args(Object.entries(fields).map(([name, value]) => ({ name, value }))));
  expect(act("act-device-revoke", { device: "Old phone" })).toContain("Old phone");
  expect(act("act-version-push", { connection: "Marketing", provider: "openai", version: "1" })).toContain("(“Marketing”)");
  expect(act("act-version-push", { connection: "", provider: "openai", version: "1" })).not.toContain("“");
});

it("shows who, when, what and from which device, and opens to the signed entry", async () => {
  await openWindow("busy");
  await click("rail-history");
  const rows = within(await find("history-rows")).getAllByTestId("history-row");
  expect(rows).toHaveLength(31);
  expect(rows[0]?.textContent).toContain("Anna Berger");
  expect(rows[0]?.textContent).toContain("Anna's laptop");
  rows[0]?.setAttribute("open", "");
  expect(within(rows[0]!).getByTestId("statement").textContent).toContain('"type"');
  expect((await find("record-verified")).dataset["size"]).toBe("31");
  await expectAccessible();
});

it("filters by group and account", async () => {
  const backend = await openWindow("busy");
  await click("rail-history");
  await find("history-rows");
  await fireEvent.change(await find("history-group"), { target: { value: "people" } });
  await waitFor(() => {
    const acts = screen.getAllByTestId("history-row").map((row) => row.dataset["act"] ?? "");
    expect(acts.every((act) => /^(member|device)\./.test(act))).toBe(true);
  });
  expect(backend.called.at(-1)?.args).toEqual({ filter: { group: "people", connection: null, before: null } });
  await fireEvent.change(await find("history-connection"), { target: { value: "cn_stability" } });
  await waitFor(() => expect(screen.queryByTestId("history-rows")).toBeNull());
});

it("pages back in fifties, and shows new entries by itself", async () => {
  const backend = await openWindow("busy");
  backend.change((state) => (state.record.size = 120));
  await click("rail-history");
  await waitFor(() => expect(screen.getAllByTestId("history-row")).toHaveLength(50));
  backend.change((state) => (state.record.size = 121));
  await waitFor(() => expect(screen.getAllByTestId("history-row")[0]?.dataset["index"]).toBe("120"));
  await click("history-more");
  await waitFor(() => expect(screen.getAllByTestId("history-row")).toHaveLength(100));
  await click("history-more");
  await waitFor(() => expect(screen.getAllByTestId("history-row")).toHaveLength(121));
  expect(screen.queryByTestId("history-more")).toBeNull();
});

it("an act that this version does not know is named, not hidden", async () => {
  const backend = await openWindow("busy");
  const real = backend.call.bind(backend);
  backend.call = async (name, given) => {
    const answer = await real(name, given);
    if (name === "history") (answer as ReturnType<typeof page>).rows[0]!.act = "recovery.invite";
    return answer;
  };
  await click("rail-history");
  expect((await find("history-rows")).textContent).toContain("A change of the kind “recovery.invite”");
});

it("an account's own history can be opened from it", async () => {
  const backend = await openWindow("busy");
  await fireEvent.click(within(await find("not-used")).getByTestId("details"));
  await click("history-of");
  await waitFor(() => expect(backend.called.at(-1)?.args).toEqual({ filter: { group: null, connection: "cn_stability", before: null } }));
});

it("an alarm stops everything, says why and lets the record be read", async () => {
  await openWindow("alarm");
  await find("stage-alarm");
  expect((await find("failure")).dataset["code"]).toBe("record_alarm");
  expect(screen.queryByTestId("rail-keys")).toBeNull();
  await click("alarm-read");
  await find("history-rows");
});

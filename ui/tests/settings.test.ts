import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { failure } from "../src/backend/preview/scenes";
import { click, expectAccessible, find, inside, openWindow, type } from "./window";

async function settings(scene: "busy" | "viewer" = "busy") {
  const backend = await openWindow(scene);
  await click("rail-settings");
  return backend;
}

describe("people", () => {
  it("an invitation's link is shown once and can be copied", async () => {
    const backend = await settings();
    await click("invite");
    await expectAccessible();
    await type("invite-name", "Kim Lindqvist");
    await click("invite-role-viewer");
    await click("invite-make");
    const link = (await find("invite-link")).textContent ?? "";
    expect(link).toMatch(/^https:.*\/join#/);
    await click("invite-copy");
    expect(backend.called).toEqual([
      { name: "invite_member", args: { name: "Kim Lindqvist", role: "viewer" } },
      { name: "copy", args: { what: { kind: "invite", of: link } } },
    ]);
    await click("invite-close");
    await waitFor(() => expect(screen.queryByTestId("invite-link")).toBeNull());
    expect(screen.getAllByTestId("open-invite")).toHaveLength(2);
    await click("invite");
    expect(screen.queryByTestId("invite-link")).toBeNull();
  });

  it("a role is changed at the revision that was seen; a refused change shows what is true", async () => {
    const backend = await settings();
    const jon = screen.getAllByTestId("member")[1]!;
    const select = inside(jon, "member-role") as HTMLSelectElement;
    await fireEvent.change(select, { target: { value: "viewer" } });
    await waitFor(() => expect(screen.getAllByTestId("member")[1]?.dataset["role"]).toBe("viewer"));
    expect(backend.called.at(-1)?.args).toEqual({ member: "mb_jon", role: "viewer", revision: 1 });

    await waitFor(() => expect(select.disabled).toBe(false));
    backend.failNext("change_member", failure("not_allowed"));
    await fireEvent.change(select, { target: { value: "owner" } });
    expect((await find("failure")).dataset["code"]).toBe("not_allowed");
    expect(select.value).toBe("viewer");
  });

  it("the last owner can neither be removed nor made less", async () => {
    await settings();
    const anna = screen.getAllByTestId("member")[0]!;
    expect((inside(anna, "member-role") as HTMLSelectElement).disabled).toBe(true);
    expect((inside(anna, "member-remove") as HTMLButtonElement).disabled).toBe(true);
  });

  it("removing a person and revoking a device only call Rust", async () => {
    const backend = await settings();
    await fireEvent.click(inside(screen.getAllByTestId("member")[1]!, "member-remove"));
    await waitFor(() => expect(screen.getAllByTestId("member")).toHaveLength(1));
    await fireEvent.click(inside(screen.getAllByTestId("device")[1]!, "device-revoke"));
    await waitFor(() => expect(screen.getAllByTestId("device").filter((d) => d.dataset["revoked"] === "true")).toHaveLength(2));
    expect(backend.called).toEqual([
      { name: "remove_member", args: { member: "mb_jon" } },
      { name: "revoke_device", args: { device: "dv_jon" } },
    ]);
  });

  it("a revoked device's keys are offered as leaked, one by one, and where an admin key may have been", async () => {
    const backend = await settings("busy");
    expect(screen.queryByTestId("held")).toBeNull();
    await fireEvent.click(inside(screen.getAllByTestId("device")[1]!, "device-revoke"));
    const held = await screen.findByTestId("held");
    expect(held.textContent).toMatch(/2 keys that are still alive were brought on “.*Studio desktop.*”/);
    expect(held.textContent).toMatch(/only that computer knows.*Admin keys at .*OpenAI/s);
    await expectAccessible();
    const [current, previous] = screen.getAllByTestId("held-key");
    expect(inside(current!, "held-end").textContent).toBe("Replace now (leaked)");
    await fireEvent.click(inside(previous!, "held-end"));
    await waitFor(() => expect(screen.getAllByTestId("held-key")).toHaveLength(1));
    await waitFor(() => expect((inside(current!, "held-end") as HTMLButtonElement).disabled).toBe(false));
    await fireEvent.click(inside(current!, "held-end"));
    await screen.findByTestId("replace-title");
    expect(backend.called.slice(0, 3)).toEqual([
      { name: "revoke_device", args: { device: "dv_jon" } },
      { name: "stop_leaked", args: { connection: "cn_gemini", version: 1 } },
      { name: "rotation_start", args: { connection: "cn_openai", leaked: true } },
    ]);
  });

  it("whoever is no owner looks only", async () => {
    await settings("viewer");
    for (const id of ["invite", "member-role", "member-remove", "device-revoke"]) expect(screen.queryAllByTestId(id)).toEqual([]);
  });
});

describe("this computer", () => {
  it("speaks the language that is chosen, at once", async () => {
    const backend = await settings();
    await fireEvent.change(await find("language"), { target: { value: "de" } });
    await waitFor(() => expect(document.documentElement.lang).toBe("de"));
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Einstellungen");
    expect(backend.called.at(-1)?.args).toMatchObject({ preferences: { language: "de", theme: "system" } });
  });

  it("takes the theme that is chosen, at once", async () => {
    await settings();
    await click("theme-dark");
    await waitFor(() => expect(document.documentElement.dataset["theme"]).toBe("dark"));
    await click("theme-system");
    await waitFor(() => expect(document.documentElement.dataset["theme"]).toBeUndefined());
  });
});

it("the agency: name, contact, six words, addresses", async () => {
  const backend = await settings();
  const agency = await find("agency");
  expect(agency.textContent).toContain("help@morgenrot.example");
  expect(within(inside(agency, "agency-words")).getAllByRole("listitem")).toHaveLength(6);
  expect(inside(agency, "egress").textContent).toContain("203.0.113.20");
  await fireEvent.click(inside(agency, "copy-addresses"));
  expect(backend.called.at(-1)).toEqual({ name: "copy", args: { what: { kind: "egress_addresses" } } });
});

it("about: version and a report", async () => {
  const backend = await settings();
  expect((await find("version")).textContent).toBe("0.1.0");
  await click("about-report");
  expect(backend.called.at(-1)).toEqual({ name: "copy", args: { what: { kind: "report", of: "" } } });
});

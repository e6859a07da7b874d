/** A record to look at: one entry of every kind that this version writes. */
import type { Field } from "../../wire/Field";
import type { HistoryFilter } from "../../wire/HistoryFilter";
import type { HistoryPage } from "../../wire/HistoryPage";
import type { HistoryRow } from "../../wire/HistoryRow";
import { ago } from "./fixtures";
import type { VersionCallsView } from "../../wire/VersionCallsView";
import type { VersionCallView } from "../../wire/VersionCallView";

type Kind = [act: string, actor: "device" | "operator" | "gateway", group: "keys" | "uses" | "people" | "agency", fields: Record<string, string>];

/** Every kind of act, with the fields that its sentence uses, its actor and its group; oldest first. */
export const KINDS: readonly Kind[] = [
  ["client.open", "operator", "agency", { name: "Northlight Studio" }],
  ["assistant.add", "operator", "agency", { name: "Newsletter writer", uses: "chat,images" }],
  ["assistant.mark_low_stakes", "operator", "agency", { name: "Idea box", low_stakes: "true" }],
  ["assistant.token", "operator", "agency", { name: "Newsletter writer" }],
  ["member.invite", "operator", "people", { name: "Anna Berger", role: "owner" }],
  ["device.enrol", "device", "people", { name: "Anna's laptop", role: "owner" }],
  ["platform.offer", "operator", "uses", { use: "images", offered: "true" }],
  ["fallback.set", "operator", "uses", { use: "chat", fallback: "stop" }],
  ["models.allow", "operator", "uses", { use: "chat" }],
  ["assignment.set", "device", "uses", { use: "images", payer: "platform" }],
  ["connection.open", "device", "keys", { provider: "openai", name: "Marketing" }],
  ["version.push", "device", "keys", { provider: "openai", name: "Marketing", version: "1" }],
  ["version.confirmed", "gateway", "keys", { provider: "openai", name: "Marketing", version: "1" }],
  ["trial.start", "device", "keys", { provider: "openai", name: "Marketing", version: "1", assistant: "Idea box" }],
  ["trial.end", "device", "keys", { provider: "openai", name: "Marketing", version: "1" }],
  ["version.promote", "device", "keys", { provider: "openai", name: "Marketing", version: "1", uses: "chat,voice" }],
  ["version.proven", "gateway", "keys", { provider: "openai", name: "Marketing", version: "1" }],
  ["rotation.lease", "device", "keys", { provider: "openai", name: "Marketing" }],
  ["version.drained", "gateway", "keys", { provider: "openai", name: "Marketing", version: "1" }],
  ["rotation.end", "device", "keys", { provider: "openai", name: "Marketing", outcome: "done" }],
  ["connection.rename", "device", "keys", { provider: "openai", name: "Marketing" }],
  ["model.pick", "device", "uses", { use: "chat", model: "gpt-5.2" }],
  ["check.request", "device", "keys", { provider: "openai", name: "Marketing", version: "1" }],
  ["version.dead", "gateway", "keys", { provider: "openai", name: "Marketing", version: "1", code: "no_credit" }],
  ["fallback.began", "gateway", "uses", { use: "chat", provider: "openai" }],
  ["version.alive", "gateway", "keys", { provider: "openai", name: "Marketing", version: "1" }],
  ["fallback.ended", "gateway", "uses", { use: "chat", provider: "openai" }],
  ["fallback.limit", "device", "uses", { use: "chat", stop: "true" }],
  ["version.refused", "gateway", "keys", { provider: "anthropic", name: "Anthropic", version: "1", code: "key_refused" }],
  ["version.retire", "device", "keys", { provider: "anthropic", name: "Anthropic", version: "1", reason: "unwanted" }],
  ["version.revoked", "device", "keys", { provider: "anthropic", name: "Anthropic", version: "1" }],
  ["copy.deleted", "gateway", "keys", { provider: "anthropic", name: "Anthropic", version: "1" }],
  ["connection.close", "device", "keys", { provider: "anthropic", name: "Anthropic" }],
  ["member.change", "device", "people", { name: "Jon Okafor", role: "member" }],
  ["device.rename", "device", "people", { name: "Anna's laptop" }],
  ["device.revoke", "device", "people", { name: "Old phone" }],
  ["member.remove", "device", "people", { name: "Kim Lindqvist" }],
  ["device.leave", "device", "people", { name: "Reception tablet" }],
  ["assistant.token_end", "operator", "agency", { name: "Newsletter writer" }],
  ["pause.set", "device", "uses", { about: "chat" }],
  ["pause.clear", "device", "uses", { about: "Newsletter writer" }],
  ["limit.set", "device", "uses", {}],
  ["budget.reached", "gateway", "uses", { about: "images" }],
  ["agreement.propose", "operator", "agency", { schedule: "every", count: "90" }],
  ["agreement.decline", "device", "agency", {}],
  ["agreement.accept", "device", "agency", { schedule: "every", count: "90" }],
  ["connection.owner", "device", "keys", { provider: "openai", connection: "Marketing", owner: "Jon Okafor" }],
  ["statement.send", "device", "keys", { provider: "openai", name: "Marketing" }],
  ["connection.schedule", "device", "keys", { provider: "openai", name: "Marketing", schedule: "every", count: "30" }],
  ["assistant.remove", "operator", "agency", { name: "Slogan machine" }],
  ["client.end", "operator", "agency", { name: "Northlight Studio" }],
];

const ACTORS = { device: "Anna Berger", operator: "Ruben at Morgenrot", gateway: "Gateway of Morgenrot" } as const;

function row([act, actor_kind, , given]: Kind, index: number, size: number): HistoryRow {
  const fields: Field[] = Object.entries(given).map(([name, value]) => ({ name, value }));
  const logged = ago((size - index) * 173);
  return {
    index,
    act,
    fields,
    actor: ACTORS[actor_kind],
    actor_kind,
    device: actor_kind === "device" ? "Anna's laptop" : null,
    logged,
    claimed: index % 11 === 3 ? ago((size - index) * 173 + 9) : null,
    statement: JSON.stringify({ v: 1, id: `act_preview${index}`, actor: { kind: actor_kind }, at: logged, do: { type: act, ...given } }, null, 2),
    leaf_hash: index.toString(16).padStart(2, "0").repeat(32),
  };
}

/** A page of a record that has `size` entries. */
export function page(size: number, filter: HistoryFilter): HistoryPage {
  const rows: HistoryRow[] = [];
  let more = false;
  for (let index = Math.min(size, filter.before ?? size) - 1; index >= 0; index--) {
    const kind = KINDS[index % KINDS.length];
    if (!kind) continue;
    if (filter.group !== null && kind[2] !== filter.group) continue;
    if (filter.connection !== null && filter.connection !== `cn_${kind[3]["provider"] ?? ""}`) continue;
    if (rows.length === 50) {
      more = true;
      break;
    }
    rows.push(row(kind, index, size));
  }
  return { rows, more, size };
}

/** Calls on a version's key, two pages of them; a first version has none. */
export function versionCalls(version: number, before: string | null): VersionCallsView {
  const rows: VersionCallView[] = Array.from({ length: version === 1 ? 0 : 6 }, (_, n) => ({
    id: `call_preview${n}`,
    at: ago(8 + 47 * n),
    assistant: ["Newsletter writer", "Idea box", ""][n % 3] ?? "",
    use: "chat",
    model: "gpt-5.2",
    paid_by: "own",
    status: [200, 200, 429, null][n % 4] ?? null,
    units: n % 4 === 2 ? [] : [{ name: "input", count: 1204 + n }, { name: "output", count: 388 }],
    cost_micro: n % 4 === 2 ? null : 6_125 + n,
  }));
  const at = before === null ? 0 : rows.findIndex((row) => row.id === before) + 1;
  const calls = rows.slice(at, at + 4);
  const next = at + 4 < rows.length ? (calls[calls.length - 1]?.id ?? null) : null;
  return { from: ago(30 * 24 * 60), all: rows.length, unpriced: rows.filter((row) => row.cost_micro === null).length, cost_micro: rows.reduce((sum, row) => sum + (row.cost_micro ?? 0), 0), calls, next };
}

/**
 * Checks the words of the window. It fails when
 * - a locale lacks a message of another, or says it with other variables;
 * - a file has a line that is not Fluent, or an id stands twice;
 * - the code uses a message that does not exist, or a message is used nowhere;
 * - a code of `src/wire/Code.ts` lacks one of its three sentences, a verdict or a question its own;
 * - Rust's native dialogs lack a message.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { parse, Visitor } from "@fluent/syntax";

const root = fileURLToPath(new URL("..", import.meta.url));
const problems = [];

/** Spellings of a union of strings in `src/wire/<name>.ts`. */
function union(name) {
  const text = readFileSync(join(root, "src/wire", `${name}.ts`), "utf8");
  const declared = text.slice(text.indexOf("export type"));
  return [...declared.matchAll(/"([^"]+)"/g)].map((found) => found[1]);
}

const all = {
  answer: union("Answer"),
  basis: union("BillBasis").filter((basis) => basis !== "money"),
  atProvider: union("AtProvider"),
  busy: union("Busy"),
  cause: union("Cause"),
  code: union("Code"),
  due: union("DueReasonWord"),
  fallback: union("Fallback"),
  health: union("HealthWord"),
  need: union("NeedKind").filter((kind) => kind !== "nothing_connected"),
  outcome: union("ReceiptOutcome"),
  payer: union("Payer"),
  provider: union("Provider"),
  question: union("Question"),
  reason: union("RotationReason"),
  role: union("Role"),
  rotationNext: union("RotationNext"),
  rotationStep: union("RotationStepName"),
  runsOn: union("RunsOnWord"),
  stage: union("StageWord"),
  step: union("ConnectStep"),
  unit: union("UnitKind"),
  use: union("Use"),
  verdict: union("VerdictCode"),
  wait: union("RotationWaitKind"),
  waitByItself: union("RotationWaitKind").filter((kind) => !["new_key", "old_revoked", "new_revoked"].includes(kind)),
  weakness: union("WeaknessKind"),
};

const variables = [
  ...readFileSync(join(root, "src/words/fields.ts"), "utf8")
    .match(/export const VARIABLES = \[([^\]]+)\]/)[1]
    .matchAll(/"([^"]+)"/g),
].map((found) => found[1]);

/** Units in the books of both sides. */
const units = ["input", "cached_input", "cache_write", "cache_write_hour", "audio_in", "image_in", "output", "reasoning", "audio_out", "image_out", "images", "seconds_ms", "predict_ms", "credits_milli"];

/** Ids that are put together in code: the template as it stands there, and all that it can become. */
const FAMILIES = {
  "agreed-*": ["none", "every", "by"],
  "answer-*": [...all.answer, "waiting"],
  "actor-*": ["device", "operator", "gateway"],
  "at-provider-*": all.atProvider,
  "bills-basis-*": all.basis,
  "bills-rate-per-*": ["million", "whole", "second", "credit"],
  "bills-rate-wrong-*": ["model", "price", "from"],
  "bills-unit-*": units,
  "bills-verdict-*": ["agree", "within", "more", "less", "waits"],
  "bills-units-*": ["agree", "within", "differ", "untold"],
  "bills-word-*": ["agree", "differ", "open"],
  "busy-*": all.busy,
  "busy-*-usually": all.busy,
  "*-what": all.code,
  "*-works": all.code,
  "*-todo": all.code,
  "cause-*": all.cause,
  "cause-*-what": all.cause,
  "connect-for-*": all.use,
  "create-*": all.provider,
  "due-why-*": all.due,
  "fallback-*": all.fallback,
  "fallback-now-*": all.fallback,
  "fallback-*-sentence": all.fallback,
  "health-*": all.health,
  "history-group-*": ["keys", "uses", "people", "agency"],
  "limits-*": all.provider,
  "missing-*": variables,
  "need-*": all.need,
  "need-*-button": all.need,
  "paid-by-*": all.payer,
  "payer-*": all.payer,
  "proposed-*": ["none", "every", "by"],
  "provider-*": all.provider,
  "question-*": all.question,
  "question-*-long": all.question,
  "receipt-*": all.outcome,
  "replace-create-*": all.provider,
  "replace-doing-*": all.rotationStep,
  "replace-lacks-*": all.weakness,
  "replace-mark-*": ["done", "now", "you", "still", "back", "later", "never"],
  "replace-next-*": all.rotationNext,
  "replace-row-*": ["done", "abandoned"],
  "replace-runs-*": all.runsOn,
  "replace-step-*": all.rotationStep,
  "replace-todo-*": all.reason,
  "replace-wait-*": all.wait,
  "replace-wait-*-more": all.waitByItself,
  "replace-wait-*-until": all.waitByItself,
  "replace-why-*": all.reason,
  "replace-works-*": all.runsOn,
  "spent-*": units,
  "role-*": all.role,
  "role-*-may": all.role,
  "unit-*": all.unit,
  "room-*": ["keys", "bills", "history", "settings"],
  "schedule-agreed-*": ["every", "by"],
  "set-*": ["by_itself", "notifications", "background"],
  "set-*-what": ["by_itself", "notifications", "background"],
  "stage-*": all.stage,
  "step-*": all.step,
  "step-*-title": all.step,
  "theme-*": ["system", "light", "dark"],
  "use-*": all.use,
  "use-*-empty": all.use,
  "use-*-what": all.use,
  "verdict-*": all.verdict,
};

/** Ids that are looked up where there may be none (`has`): each that exists must have one of these forms. */
const OPTIONAL = [
  /^act-[a-z]+-[a-z_]+$/,
  /^key-kind-[a-z-]+$/,
  /^making-[a-z_]+$/,
  /^reason-[a-z]+$/,
  ...all.verdict.map((code) => new RegExp(`^verdict-${code}-(${[...all.answer, ...all.question].join("|")})$`)),
];

/** Messages that only Rust uses. */
const NATIVE = {
  "notice-due-soon-title": [],
  "notice-due-soon-body": ["date", "name", "provider"],
  "notice-due-title": [],
  "notice-due-body": ["date", "name", "provider"],
  "notice-bill-reached-title": [],
  "notice-bill-reached-body": ["amount", "figure", "name", "provider"],
  "notice-bill-unusual-title": [],
  "notice-bill-unusual-body": ["amount", "date", "name", "provider", "usual"],
  "notice-replaced-title": [],
  "notice-replaced-body": ["provider"],
  "notice-replace-stuck-title": [],
  "notice-replace-stuck-body": ["provider"],
  "native-revoke-title": [],
  "native-revoke-body": ["name", "provider", "uses"],
  "native-discard-title": [],
  "native-discard-body": ["provider"],
  "native-leave-behind-title": ["provider"],
  "native-leave-behind-body": ["name", "project", "provider"],
  "native-remove-member-title": [],
  "native-remove-member-body": ["name"],
  "native-revoke-device-title": [],
  "native-revoke-device-body": ["name"],
  "native-leaked-title": ["provider"],
  "native-leaked-body": ["name", "provider"],
  "native-report-head": ["name", "provider"],
  "native-report-ordinary": ["began", "ended"],
  "native-report-leaked": ["began", "ended"],
  "native-report-refused": ["at", "last", "provider", "version"],
  "native-report-unproven": ["last", "version"],
  "native-report-old-stays": ["last", "version"],
  "native-report-new": ["last", "version"],
  "native-report-calls": ["all", "failed"],
  "native-report-calls-untold": [],
  "native-report-ids": ["connection", "rotation"],
  "native-report-list": ["all", "from", "version"],
  "native-report-cost": ["cost"],
  "native-report-call": ["assistant", "at", "cost", "model", "status"],
  "native-report-list-more": [],
  "native-report-list-untold": [],
  "native-begin-anew": [],
  "native-reference": ["ref"],
  "native-confirm": [],
  "native-cancel": [],
};

/** Acts that this version writes or reads. */
const ACTS = [
  ...readFileSync(join(root, "src/backend/preview/record.ts"), "utf8").matchAll(/^ {2}\["([a-z]+\.[a-z_]+)"/gm),
].map((found) => found[1]);

class Variables extends Visitor {
  found = new Set();
  visitVariableReference(node) {
    this.found.add(node.id.name);
  }
}

/** Messages of a locale: from id to the names of its variables. */
function locale(tag) {
  const messages = new Map();
  const folder = join(root, "locales", tag);
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".ftl"))) {
    for (const entry of parse(readFileSync(join(folder, name), "utf8"), {}).body) {
      if (entry.type === "Junk") {
        problems.push(`${tag}/${name}: not Fluent: ${entry.content.trim().split("\n")[0]}`);
      } else if (entry.type === "Message") {
        if (messages.has(entry.id.name)) problems.push(`${tag}/${name}: ${entry.id.name} stands twice`);
        const visitor = new Variables();
        visitor.visit(entry);
        messages.set(entry.id.name, visitor.found);
      }
    }
  }
  return messages;
}

/** All files of the code. */
function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else if (/\.(svelte|ts)$/.test(name) && !path.includes("/wire/")) yield path;
  }
}

/** The string literals of the first argument of each `t(…)`. */
function* asked(text) {
  for (const call of text.matchAll(/(?<![\w.$])(?:t|word)\(/g)) {
    let depth = 1;
    let at = call.index + call[0].length;
    while (at < text.length && depth > 0) {
      const rest = text.slice(at);
      const literal = /^"([^"]*)"|^`([^`]*)`/.exec(rest);
      if (literal) {
        if (depth === 1) yield literal[1] ?? literal[2].replace(/\$\{[^}]*\}/g, "*");
        at += literal[0].length;
        continue;
      }
      if (rest[0] === "(" || rest[0] === "{" || rest[0] === "[") depth++;
      else if (rest[0] === ")" || rest[0] === "}" || rest[0] === "]") depth--;
      else if (rest[0] === "," && depth === 1) break;
      at++;
    }
  }
}

const tags = readdirSync(join(root, "locales")).filter((name) => statSync(join(root, "locales", name)).isDirectory());
const locales = new Map(tags.map((tag) => [tag, locale(tag)]));
const english = locales.get("en");

for (const [tag, messages] of locales) {
  for (const [id, used] of english) {
    const here = messages.get(id);
    if (!here) problems.push(`${tag}: lacks ${id}`);
    else if ([...used].sort().join() !== [...here].sort().join()) {
      problems.push(`${tag}: ${id} has other variables than en (${[...here].join(", ")})`);
    }
  }
  for (const id of messages.keys()) if (!english.has(id)) problems.push(`en: lacks ${id}, which ${tag} has`);
}

const used = new Set(Object.keys(NATIVE));
const need = (id, where) => {
  used.add(id);
  if (!english.has(id)) problems.push(`${where} uses ${id}, which does not exist`);
};

for (const path of files(join(root, "src"))) {
  const where = path.slice(root.length);
  for (const id of asked(readFileSync(path, "utf8"))) {
    if (!id.includes("*")) need(id, where);
    else if (FAMILIES[id]) for (const word of FAMILIES[id]) need(id.replace("*", word), where);
    else if (!OPTIONAL.some((form) => form.test(id.replace("*", "x"))) && id !== "verdict-*-*" && id !== "*-button") {
      problems.push(`${where}: ${id} is put together in a way that this check does not know`);
    }
  }
}

for (const code of all.code) for (const part of ["what", "works", "todo"]) need(`${code}-${part}`, "Code.ts");
for (const code of all.verdict) need(`verdict-${code}`, "VerdictCode.ts");
for (const question of all.question) need(`verdict-ok-${question}`, "Question.ts");
for (const act of ACTS) need(`act-${act.replaceAll(".", "-")}`, "preview/record.ts");
for (const [id, names] of Object.entries(NATIVE)) {
  if (!english.has(id)) problems.push(`native dialogs use ${id}, which does not exist`);
  else if ([...english.get(id)].some((name) => !names.includes(name))) problems.push(`${id} may use only: ${names.join(", ")}`);
}

for (const [id, names] of english) {
  const button = /^(.+)-button$/.exec(id);
  const known = used.has(id) || OPTIONAL.some((form) => form.test(id)) || (button && all.code.includes(button[1]));
  if (!known) problems.push(`en: ${id} is used nowhere`);
  const ofFields = /^act-/.test(id) || all.code.some((code) => id.startsWith(`${code}-`));
  if (ofFields && id !== "act-unknown") {
    for (const name of names) if (!variables.includes(name)) problems.push(`${id} uses $${name}, which src/words/fields.ts does not know`);
  }
}

if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  console.error(`locales: ${problems.length} problems`);
  process.exit(1);
}
console.log(`locales: ${tags.join(", ")} complete, ${english.size} messages each`);

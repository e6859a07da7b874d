/** Values that come from Rust by name (failures, entries of the record), put into the words of the spoken language. */
import type { Field } from "../wire/Field";
import { dated } from "./time.svelte";
import { has, list, t, type Args } from "./words.svelte";

/** Every variable that a sentence of `errors.ftl` or `history.ftl` may use. Each has a word for when it is not known. */
export const VARIABLES = [
  "name",
  "provider",
  "version",
  "use",
  "uses",
  "role",
  "payer",
  "reason",
  "code",
  "model",
  "fallback",
  "assistant",
  "about",
  "count",
  "minutes",
  "expires",
  "offered",
  "low_stakes",
  "stop",
  "outcome",
  "owner",
  "schedule",
  "called",
  "line",
  "column",
  "columns",
  "currency",
  "from",
] as const;

type Variable = (typeof VARIABLES)[number];

function word(id: string, otherwise: string): string {
  return has(id) ? t(id) : otherwise;
}

function said(name: Variable, value: string): string {
  switch (name) {
    case "provider":
      return word(`provider-${value}`, value);
    case "use":
    case "uses": {
      const uses = value.split(/[\s,]+/).filter(Boolean);
      return uses.length === 0 ? t(`missing-${name}`) : list(uses.map((use) => word(`use-${use}`, use)));
    }
    case "about":
      return word(`use-${value}`, value);
    case "role":
      return word(`role-${value}`, value);
    case "payer":
      return word(`payer-${value}`, value);
    case "fallback":
      return word(`fallback-${value}`, value);
    case "reason":
      return word(`reason-${value}`, value);
    case "code":
      return word(`verdict-${value}`, value);
    case "expires":
      return dated(value);
    default:
      return value;
  }
}

/** Arguments for a sentence: what `fields` tell, and for the rest the word for "not known". */
export function args(fields: readonly Field[]): Args {
  const out: Args = {};
  for (const name of VARIABLES) out[name] = t(`missing-${name}`);
  for (const field of fields) {
    const known = VARIABLES.find((name) => name === field.name);
    if (known) out[known] = said(known, field.value);
  }
  // Acts tell whom or what they are about under its own word. An account without a name of its own bears its provider's,
  // which the sentence says already.
  const about = ["name", "connection", "device", "member", "assistant"];
  const told = about.map((one) => fields.find((field) => field.name === one)?.value);
  const name = told.find((value) => value !== undefined && value !== "");
  if (name !== undefined) Object.assign(out, { name, called: name === out["provider"] ? "" : t("called", { name }) });
  return out;
}

/** Money as people write it. Amounts are whole millionths all the way: no sum, share or text is made of fractions. */
import { tag } from "./words.svelte";

type Decimal = `${number}`;

/** A whole number of `1 / 10^places` as a decimal: -1_250_000 with six places is "-1.250000". */
function decimal(whole: bigint, places: number): Decimal {
  const digits = String(whole < 0n ? -whole : whole).padStart(places + 1, "0");
  return `${whole < 0n ? "-" : ""}${digits.slice(0, digits.length - places)}.${digits.slice(digits.length - places)}` as Decimal;
}

function format(micro: number, currency: string, more: Intl.NumberFormatOptions): string {
  return written(decimal(BigInt(micro), 6), currency, more);
}

function written(amount: Decimal, currency: string, more: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(tag(), { style: "currency", currency: known(currency), currencyDisplay: "narrowSymbol", ...more }).format(amount);
}

/** Three letters are a currency; anything else is written with the sign for "some currency". */
function known(currency: string): string {
  return /^[A-Za-z]{3}$/.test(currency) ? currency : "XXX";
}

/** Decimals that a currency has by custom: two for dollars, none for yen. */
function custom(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency: known(currency) }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Millionths of a dollar, to the last decimal that is known. */
export function dollars(micro: number): string {
  return money(micro, "USD");
}

/** Millionths of any currency, to the last decimal that is known. `sign` shows a plus too; `least` keeps a column even. */
export function money(micro: number, currency: string, { sign = false, least = 0 }: { sign?: boolean; least?: number } = {}): string {
  return format(micro, currency, {
    minimumFractionDigits: Math.max(custom(currency), least),
    maximumFractionDigits: 6,
    signDisplay: sign ? "exceptZero" : "negative",
  });
}

/** The same as people speak of it: to the cent. What is less than that is not shown as nothing. */
export function cents(micro: number, currency: string, { sign = false } = {}): string {
  const shown = custom(currency);
  const least = 10 ** (6 - shown);
  const tiny = micro !== 0 && Math.abs(micro) * 2 < least;
  return format(micro, currency, {
    minimumFractionDigits: shown,
    maximumFractionDigits: tiny ? 6 : shown,
    signDisplay: sign ? "exceptZero" : "negative",
  });
}

/** An amount that came as a decimal, with all that it has. */
export function exactly(amount: string, currency: string, { sign = true } = {}): string {
  if (!/^-?\d+(\.\d+)?$/.test(amount)) return amount;
  return written(amount as Decimal, currency, { minimumFractionDigits: custom(currency), maximumFractionDigits: 20, signDisplay: sign ? "exceptZero" : "negative" });
}

/** How many decimals the amounts of a column need at the most. */
export function decimals(micros: readonly number[]): number {
  let most = 0;
  for (const micro of micros) {
    let needs = 6;
    for (let rest = Math.abs(micro); needs > 0 && rest % 10 === 0; rest /= 10) needs -= 1;
    most = Math.max(most, needs);
  }
  return most;
}

/** A part of a whole in per cent, "+5.6 %"; nothing where there is no whole. */
export function share(part: number, whole: number, { sign = false } = {}): string | null {
  if (whole === 0) return null;
  const ratio = (BigInt(part) * 1_000_000_000n) / BigInt(Math.abs(whole));
  const tiny = ratio !== 0n && ratio > -500_000n && ratio < 500_000n;
  return new Intl.NumberFormat(tag(), {
    style: "percent",
    ...(tiny ? { maximumSignificantDigits: 1 } : { maximumFractionDigits: 1 }),
    signDisplay: sign ? "exceptZero" : "negative",
  }).format(decimal(ratio, 9));
}

/** Tenths of a per cent as people write them: 15 is "1.5 %". */
export function permille(tenths: number): string {
  return new Intl.NumberFormat(tag(), { style: "percent", maximumFractionDigits: 1 }).format(decimal(BigInt(tenths), 3));
}

/** A count of `1 / 10^places`, as a plain number. */
export function count(whole: number, places = 0, sign = false): string {
  return new Intl.NumberFormat(tag(), { maximumFractionDigits: places, signDisplay: sign ? "exceptZero" : "auto" }).format(places === 0 ? BigInt(whole) : decimal(BigInt(whole), places));
}

/** A count of `1 / 10^places` as a field shows it. */
export function typed(whole: number, places: number): string {
  const mark = new Intl.NumberFormat(tag()).formatToParts(1.5).find((part) => part.type === "decimal")?.value ?? ".";
  const text = decimal(BigInt(whole), places).replace(/\.?0+$/, "");
  return text.replace(".", mark === "," ? "," : ".");
}

/** What a person typed, in whole `1 / 10^places`; nothing at all is 0, and `null` is what no such number can be. */
export function untyped(text: string, places: number): number | null {
  const found = /^(\d*)(?:[.,](\d*))?$/.exec(text.trim());
  if (!found) return null;
  const [, whole = "", part = ""] = found;
  const rest = part.replace(/0+$/, "");
  if (rest.length > places) return null;
  const value = Number(`${whole}${rest.padEnd(places, "0")}`);
  return Number.isSafeInteger(value) ? value : null;
}

/** What a person typed, as a plain decimal with all its digits; `null` for nothing, and for what no such number can be. */
export function typedDecimal(text: string, places: number): string | null {
  const found = /^(\d*)(?:[.,](\d*))?$/.exec(text.trim());
  const [, whole = "", part = ""] = found ?? [];
  const rest = part.replace(/0+$/, "");
  if (!found || whole + part === "" || rest.length > places || whole.length > 6) return null;
  return (whole.replace(/^0+(?=\d)/, "") || "0") + (rest === "" ? "" : `.${rest}`);
}

/** What the two columns of a bill come to, in whole millionths. */
import type { BillDay } from "../../wire/BillDay";
import type { BillUnits } from "../../wire/BillUnits";
import type { BillView } from "../../wire/BillView";
import { list } from "../../words/words.svelte";
import { onCalendar } from "../../words/time.svelte";

/** What the provider billed beyond what the agency says; nothing where it has told nothing. */
export function difference(part: { claimed_micro: number; billed_micro: number | null }): number | null {
  return part.billed_micro === null ? null : part.billed_micro - part.claimed_micro;
}

/** The days of which something can be said. */
export function settledDays(days: readonly BillDay[]): BillDay[] {
  return days.filter((day) => day.settled && day.billed_micro !== null);
}

/** What all of these days differ by. */
export function differ(days: readonly BillDay[]): number {
  return days.reduce((all, day) => all + (difference(day) ?? 0), 0);
}

/** What can be said of a bill in money. */
export type Said = "agree" | "within" | "more" | "less" | "waits";

/** What can be said of a bill in money, by how much, and the days that make up the most of it. */
export function verdict(bill: BillView): { said: Said; micro: number; days: string[] } {
  const settled = settledDays(bill.days);
  const all = difference(bill);
  if (all === null || (settled.length === 0 && bill.days.length > 0)) return { said: "waits", micro: 0, days: [] };
  const told = bill.days.length === 0 ? all : differ(settled);
  if (bill.within) return { said: told === 0 ? "agree" : "within", micro: told, days: [] };
  const micro = told === 0 ? all : told;
  const sign = Math.sign(micro);
  const days = settled
    .filter((day) => Math.sign(difference(day) ?? 0) === sign)
    .sort((a, b) => Math.abs(difference(b) ?? 0) - Math.abs(difference(a) ?? 0))
    .slice(0, 3)
    .map((day) => day.day);
  return { said: sign < 0 ? "less" : "more", micro, days };
}

/** What can be said of units. */
export function counted(units: readonly BillUnits[], within: boolean): "agree" | "within" | "differ" | "untold" {
  const told = units.filter((one) => one.told !== null);
  if (told.length === 0) return "untold";
  if (told.every((one) => one.told === one.claimed)) return "agree";
  return within ? "within" : "differ";
}

/** "24 November", as the language says it. */
export function dayName(day: string): string {
  return onCalendar(day, { day: "numeric", month: "long" });
}

/** "17, 18 and 19 November", in the order of the calendar. */
export function dayNames(days: readonly string[]): string {
  return list([...days].sort().map(dayName));
}

/** "November 2026". */
export function monthName(month: string): string {
  return onCalendar(month, { month: "long", year: "numeric" });
}

/** Units that are kept in thousandths, so that they are whole. */
export const THOUSANDTHS = ["seconds_ms", "predict_ms", "credits_milli"];

/** Marks on the scale of a chart, from the lowest to the highest: round amounts, four steps at the most. */
export function marks(low: number, high: number): number[] {
  const reach = Math.max(high - low, 1);
  const size = 10 ** Math.max(0, String(reach).length - 2);
  const step = size * ([1, 2, 5, 10, 20, 50].find((times) => reach <= times * size * 4) ?? 50);
  const out = [];
  for (let at = Math.floor(low / step) * step; at < high + step; at += step) out.push(at);
  return out;
}

/** Times as people say them; the exact instant is always a hover away. */
import { tag } from "./words.svelte";

let now = $state(Date.now());
let clock: ReturnType<typeof setInterval> | undefined;

/** Lets relative times move on, once a half minute. Returns how to stop it. */
export function startClock(): () => void {
  clock ??= setInterval(() => (now = Date.now()), 30_000);
  return () => {
    clearInterval(clock);
    clock = undefined;
  };
}

/** Brings relative times up to date at once, e.g. when news arrived. */
export function tick(): void {
  now = Date.now();
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "2 minutes ago", "in 3 days", "now". */
export function relative(instant: string): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1000);
  const format = new Intl.RelativeTimeFormat(tag(), { numeric: "auto" });
  if (Number.isNaN(seconds)) return instant;
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(0, "second");
}

/** Date and time to the minute, in the person's zone. */
export function dated(instant: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return instant;
  return new Intl.DateTimeFormat(tag(), { dateStyle: "medium", timeStyle: "short" }).format(date);
}

/** The day, in the person's zone. */
export function day(instant: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return instant;
  return new Intl.DateTimeFormat(tag(), { dateStyle: "medium" }).format(date);
}

/** The day as a field for dates wants it. */
export function isoDay(date: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The last moment of a day that a field for dates gave, in the person's zone. */
export function endOf(isoDate: string): string {
  return new Date(`${isoDate}T23:59:59.000`).toISOString();
}

/** Minutes since midnight as a field for times wants them, and back. */
export function timeOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Minutes since midnight of what a field for times gave; `null` while it is empty. */
export function minutesOf(time: string): number | null {
  const parts = /^(\d{2}):(\d{2})/.exec(time);
  return parts ? Number(parts[1]) * 60 + Number(parts[2]) : null;
}

/** Time to the second, for what happens in moments; the date too, unless it is today. */
export function timed(instant: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return instant;
  const today = date.toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(tag(), { ...(today ? {} : { dateStyle: "medium" }), timeStyle: "medium" }).format(date);
}

/** The exact instant with its zone, for hovering. */
export function exact(instant: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return instant;
  return new Intl.DateTimeFormat(tag(), { dateStyle: "full", timeStyle: "long" }).format(date);
}

function calendar(iso: string): Date {
  const [year = NaN, month = NaN, of = 1] = iso.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1, of));
}

/** A day or a month as a bill names it (`2026-11-24`, `2026-11`): it is the same day in every zone. */
export function onCalendar(iso: string, options: Intl.DateTimeFormatOptions): string {
  const date = calendar(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return new Intl.DateTimeFormat(tag(), { ...options, timeZone: "UTC" }).format(date);
}

/** How many days a month (`2026-11`) has. */
export function daysOf(month: string): number {
  const [year = NaN, number = NaN] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Number.isNaN(last) ? 31 : last;
}

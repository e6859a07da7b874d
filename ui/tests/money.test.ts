import { beforeEach, describe, expect, it } from "vitest";

import { cents, count, decimals, dollars, exactly, money, permille, share, typed, untyped } from "../src/words/money";
import { daysOf, onCalendar } from "../src/words/time.svelte";
import { makeLanguage, use } from "../src/words/words.svelte";

const plain = (text: string | null) => text?.replace(/[\u00a0\u202f]/g, " ");

describe("in English", () => {
  beforeEach(() => use(makeLanguage("en")));

  it("money is exact to the last decimal, below nothing and far above what a fraction can hold", () => {
    expect(dollars(6_125)).toBe("$0.006125");
    expect(money(12_500_000, "USD")).toBe("$12.50");
    expect(money(-1, "USD")).toBe("-$0.000001");
    expect(money(-2_340_000, "EUR", { sign: true })).toBe("-€2.34");
    expect(money(2_340_000, "GBP", { sign: true })).toBe("+£2.34");
    expect(money(0, "USD", { sign: true })).toBe("$0.00");
    expect(money(9_007_199_254_740_991, "USD")).toBe("$9,007,199,254.740991");
    expect(money(1_500_000, "USD", { least: 4 })).toBe("$1.5000");
    expect(money(1_500_000, "JPY")).toBe("¥1.5");
    expect(money(1_500_000, "XYZ")).toContain("XYZ");
    expect(money(1_500_000, "")).toContain("1.50");
    expect(exactly("-0.000412345678", "USD")).toBe("-$0.000412345678");
    expect(exactly("3.7", "EUR")).toBe("+€3.70");
    expect(exactly("some", "EUR")).toBe("some");
  });

  it("is spoken of in cents, and what is less is not nothing", () => {
    expect(cents(41_273_415, "USD")).toBe("$41.27");
    expect(cents(-5_000, "USD", { sign: true })).toBe("-$0.01");
    expect(cents(412, "USD", { sign: true })).toBe("+$0.000412");
    expect(cents(0, "USD")).toBe("$0.00");
    expect(cents(1_900_000, "JPY")).toBe("¥2");
  });

  it("a column shows as many decimals as its finest amount needs", () => {
    expect(decimals([12_500_000, 1_234_560])).toBe(5);
    expect(decimals([0, -3_000_000])).toBe(0);
  });

  it("shares are of the bill, and there is none of nothing", () => {
    expect(share(2_180_000, 39_100_000, { sign: true })).toBe("+5.6%");
    expect(share(-2_180_000, 39_100_000, { sign: true })).toBe("-5.6%");
    expect(share(100, 1_000_000)).toBe("0.01%");
    expect(share(1, 0)).toBeNull();
    expect(permille(15)).toBe("1.5%");
    expect(count(1_204_000)).toBe("1,204,000");
    expect(count(-12_500, 3)).toBe("-12.5");
  });

  it("what is typed is whole, with a point or a comma", () => {
    expect(untyped("1.5", 1)).toBe(15);
    expect(untyped(" 0,50 ", 6)).toBe(500_000);
    expect(untyped("", 6)).toBe(0);
    expect(untyped("2", 1)).toBe(20);
    expect(untyped("1.55", 1)).toBeNull();
    expect(untyped("-1", 1)).toBeNull();
    expect(untyped("1e3", 1)).toBeNull();
    expect(untyped("99999999999999999", 6)).toBeNull();
    expect(typed(500_000, 6)).toBe("0.5");
    expect(typed(1_000_000, 6)).toBe("1");
    expect(typed(0, 1)).toBe("0");
    expect(typed(100, 1)).toBe("10");
  });

  it("a day on a bill is the same in every zone", () => {
    expect(onCalendar("2026-11-01", { dateStyle: "medium" })).toBe("Nov 1, 2026");
    expect(onCalendar("2026-11", { month: "long", year: "numeric" })).toBe("November 2026");
    expect(onCalendar("when", { dateStyle: "medium" })).toBe("when");
    expect([daysOf("2026-11"), daysOf("2028-02"), daysOf("2026-12")]).toEqual([30, 29, 31]);
  });
});

it("German writes it in its own way", () => {
  use(makeLanguage("de"));
  expect(plain(money(-1_234_500_000, "USD"))).toBe("-1.234,50 $");
  expect(plain(cents(2_340_000, "EUR", { sign: true }))).toBe("+2,34 €");
  expect(plain(share(2_180_000, 39_100_000))).toBe("5,6 %");
  expect(typed(500_000, 6)).toBe("0,5");
});

/** Money as people write it, to the last decimal that is known. */
import { tag } from "./words.svelte";

/** Millionths of a dollar. */
export function dollars(micro: number): string {
  return new Intl.NumberFormat(tag(), { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", maximumFractionDigits: 6 }).format(micro / 1_000_000);
}

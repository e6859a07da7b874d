/** Units that can have a price of their own, and how many of them a price is for. */

/** By their names in the book, in the order in which they are offered. */
export const PRICED = ["input", "cached_input", "cache_write", "cache_write_hour", "output", "audio_in", "audio_out", "image_in", "image_out", "images", "seconds_ms", "predict_ms", "credits_milli"];

/** A price is for a million tokens, for one picture or for one of what is counted in thousandths. */
export function per(unit: string): "million" | "whole" | "second" | "credit" {
  if (unit === "images") return "whole";
  if (unit === "credits_milli") return "credit";
  return unit === "seconds_ms" || unit === "predict_ms" ? "second" : "million";
}

/** Zoom: one number on the root, since every size is in rem. Remembered on this computer. */
const STEPS = [0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2] as const;
const PLACE = "ownkey.zoom";

function stored(): number {
  try {
    const value = Number(localStorage.getItem(PLACE));
    return STEPS.find((step) => step === value) ?? 1;
  } catch {
    return 1;
  }
}

function apply(zoom: number): void {
  document.documentElement.style.fontSize = zoom === 1 ? "" : `${Math.round(zoom * 100)}%`;
}

/** Takes the zoom of the last time. */
export function restoreZoom(): void {
  apply(stored());
}

/** One step larger (`1`), smaller (`-1`), or back to normal (`0`). Returns the zoom that holds now. */
export function zoom(by: 1 | -1 | 0): number {
  const at = STEPS.findIndex((step) => step === stored());
  const next = by === 0 ? 1 : (STEPS[Math.min(STEPS.length - 1, Math.max(0, at + by))] ?? 1);
  apply(next);
  try {
    localStorage.setItem(PLACE, String(next));
  } catch {
    // Without storage the zoom holds until the window closes.
  }
  return next;
}

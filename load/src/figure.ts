/** One row of the benchmark: what was asked, what was measured, on this machine, in this run. */
export interface Figure {
  what: string;
  /** What it should be at least (or at most); null where the figure is only printed. */
  wanted: string | null;
  measured: string;
  /** null where nothing was wanted. */
  met: boolean | null;
  /** The numbers behind `measured`, for the JSON. */
  values: Record<string, number>;
}

/** Nearest-rank percentile: the smallest value that at least `share` of the values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export const round = (value: number, digits = 0): number => Math.round(value * 10 ** digits) / 10 ** digits;

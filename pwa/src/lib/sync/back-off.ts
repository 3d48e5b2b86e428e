/**
 * How long to wait before the next attempt, ms: doubling from one second to half a minute, of which the upper
 * half is random, so that thirty tablets that lost the same access point do not come back in the same instant.
 */
export function backOff(failures: number, random: () => number): number {
  if (failures <= 0) return 0;
  const ceiling = Math.min(30_000, 1_000 * 2 ** (failures - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
}

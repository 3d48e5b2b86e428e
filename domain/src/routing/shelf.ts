/**
 * A map in plain JSON that is cheap to change without changing it: entries are spread over drawers, and a change
 * copies one drawer, not all. With 20,000 conversations waiting, a fold that copied them all at every event
 * would do nothing else.
 */
export type Shelf<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

const drawers = 128;

export const emptyShelf: Shelf<never> = {};

export const find = <T>(shelf: Shelf<T>, id: string): T | undefined => shelf[drawerOf(id)]?.[id];

export function put<T>(shelf: Shelf<T>, id: string, value: T): Shelf<T> {
  const drawer = drawerOf(id);
  return { ...shelf, [drawer]: { ...shelf[drawer], [id]: value } };
}

export function remove<T>(shelf: Shelf<T>, id: string): Shelf<T> {
  const drawer = drawerOf(id);
  if (shelf[drawer]?.[id] === undefined) return shelf;
  const { [id]: _gone, ...rest } = shelf[drawer];
  if (Object.keys(rest).length > 0) return { ...shelf, [drawer]: rest };
  const { [drawer]: _emptied, ...others } = shelf;
  return others;
}

export const entries = <T>(shelf: Shelf<T>): [string, T][] =>
  Object.values(shelf).flatMap((drawer) => Object.entries(drawer));

function drawerOf(id: string): string {
  let hash = 0;
  for (let index = 0; index < id.length; index++) hash = (hash * 31 + id.charCodeAt(index)) | 0;
  return `d${Math.abs(hash % drawers)}`;
}

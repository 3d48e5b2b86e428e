/** What became of one update. `waiting`: it may find its place later. `unfit`: it never will by itself. */
export type Applied =
  { applied: 'appended' | 'known'; conversationId: string | null } | { waiting: string } | { unfit: string };

/**
 * In which order pending commands are decided.
 *
 * Devices push in parallel batches, so commands arrive out of order. Within one device and one conversation the
 * order is `n`, and `after` names the command before on that conversation: until that one is settled (decided,
 * or removed since), this one waits. Conversations do not wait for each other.
 */
export interface OrderedCommand {
  id: string;
  deviceId: string;
  n: number;
  after: number | null;
  target: string;
}

/** Commands by target, each list in the order in which it is to be decided. */
export function byTarget<Command extends OrderedCommand>(commands: readonly Command[]): Command[][] {
  const groups = Map.groupBy(commands, (command) => command.target);
  // Across devices no order is promised; sorting by device makes the same set give the same order.
  return [...groups.values()].map((group) =>
    group.toSorted((a, b) => (a.deviceId === b.deviceId ? a.n - b.n : a.deviceId < b.deviceId ? -1 : 1)),
  );
}

/** Whether the command may be decided now. `isSettled` is asked for the command that must come first. */
export const isNext = (
  command: OrderedCommand,
  isSettled: (deviceId: string, n: number) => boolean,
): boolean => command.after === null || isSettled(command.deviceId, command.after);

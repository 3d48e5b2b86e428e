import type { CmdDoc, CommandPayload, CommandType } from '@recado/domain/wire/documents';
import { must } from '@recado/domain/must';
import type { LocalDatabase } from '../sync/database.ts';

/**
 * Commands of this device, numbered without gaps.
 *
 * One local document holds the device's id, the last number given, and the commands that are not handed over to
 * replication yet. Giving a number and keeping its command are therefore one write: a crash between the two
 * cannot leave a gap, and two tabs cannot give the same number (RxDB retries `incrementalModify` on a conflict).
 *
 *   enqueue ─► outgoing (in the device document) ─► hand over, once its file is uploaded ─► cmd ─► replication
 *
 * `after` names the command before on the same target, so that the server never decides a later one first, even
 * while the earlier one is held back here for its upload.
 */
export const deviceDocId = 'device';
const rememberedTargets = 300;

export interface DeviceState {
  deviceId: string;
  /** The last number given. */
  n: number;
  /** Target → the last number given on it; newest last, bounded. */
  last: Record<string, number>;
  outgoing: CmdDoc[];
}

export interface CommandRequest<Type extends CommandType = CommandType> {
  type: Type;
  target: string;
  data: CommandPayload<Type>;
  seen: number | null;
}

export interface QueueDeps {
  database: LocalDatabase;
  /** URL-safe, 8 to 64 characters. */
  newDeviceId: () => string;
  now: () => number;
}

export type CommandQueue = Awaited<ReturnType<typeof openQueue>>;

export async function openQueue({ database, newDeviceId, now }: QueueDeps) {
  const device = await database.local.insertIfNotExists({
    id: deviceDocId,
    state: { deviceId: newDeviceId(), n: 0, last: {}, outgoing: [] } satisfies DeviceState,
  });

  async function enqueue<Type extends CommandType>(request: CommandRequest<Type>): Promise<CmdDoc> {
    const createdAt = new Date(now()).toISOString();
    // RxDB may run this again after a conflict, and writes several at once: only its last run counts.
    let command: CmdDoc | undefined;
    await device.incrementalModify((doc) => {
      const next = numbered(doc.state as DeviceState, request, createdAt);
      command = next.command;
      return { ...doc, state: next.state };
    });
    return must(command, 'a numbered command');
  }

  /** Gives to replication what need not wait. Safe to repeat, in any tab, at any time. */
  async function handOver(mayGo: (command: CmdDoc) => Promise<boolean>): Promise<void> {
    const current = device.getLatest().toJSON().state as DeviceState;
    const gone = new Set<string>();
    for (const command of current.outgoing) {
      if (!(await mayGo(command))) continue;
      await database.cmd.insertIfNotExists(structuredClone(command));
      gone.add(command.id);
    }
    if (gone.size === 0) return;
    await device.incrementalModify((doc) => {
      const state = doc.state as DeviceState;
      return {
        ...doc,
        state: { ...state, outgoing: state.outgoing.filter((command) => !gone.has(command.id)) },
      };
    });
  }

  return { device, enqueue, handOver };
}

/** The next number, the command that carries it, and the device's state after it. Pure. */
export function numbered(
  state: DeviceState,
  request: CommandRequest,
  createdAt: string,
): { state: DeviceState; command: CmdDoc } {
  const n = state.n + 1;
  const { type, target, seen } = request;
  const command: CmdDoc = {
    id: cmdDocId(state.deviceId, n),
    deviceId: state.deviceId,
    n,
    after: state.last[target] ?? null,
    type,
    target,
    data: request.data as Record<string, unknown>,
    createdAt,
    seen,
    status: 'pending',
  };
  const { [target]: _before, ...others } = state.last;
  const last = Object.fromEntries(
    [...Object.entries(others), [target, n]].slice(-rememberedTargets),
  ) as Record<string, number>;
  return { state: { ...state, n, last, outgoing: [...state.outgoing, command] }, command };
}

/** As the wire names them; written here because the wire's module brings its validation along. */
const cmdDocId = (deviceId: string, n: number): string => `cmd.${deviceId}.${String(n).padStart(8, '0')}`;

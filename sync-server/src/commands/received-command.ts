import { cmdDocId, cmdSchema, commandPayloads, type CmdDoc } from '@recado/domain/wire/documents';
import { parseConversationId } from '@recado/domain/commit/stream-id';

/** A command as it is stored: `_id` is the wire's `id`. */
export type CommandBody = Omit<CmdDoc, 'id'>;

export type ReceivedCommand =
  | { store: CommandBody }
  /** Not even the shape of a command. `bury`: its id is a command's, so its number counts as settled. */
  | { refuse: 'malformed'; bury: boolean };

const idPattern = /^cmd\.[A-Za-z0-9_-]{8,64}\.\d{8}$/;

/**
 * What becomes of a pushed document. The device's word counts for what it asks, never for how it was decided:
 * status and its fields are ours. What has a command's shape is always kept and answered, even when it asks for
 * something impossible.
 */
export function receiveCommand(doc: Record<string, unknown>, now: string): ReceivedCommand {
  const id = String(doc['_id']);
  const parsed = cmdSchema.safeParse({ ...doc, id, status: 'pending' });
  if (
    !parsed.success ||
    parsed.data.id !== cmdDocId(parsed.data.deviceId, parsed.data.n) ||
    doc['_deleted'] === true
  )
    return { refuse: 'malformed', bury: idPattern.test(id) };
  const { deviceId, n, after, type, target, data, createdAt, seen } = parsed.data;
  const asked: CommandBody = { deviceId, n, after, type, target, data, createdAt, seen, status: 'pending' };
  const fault = faultOf(asked);
  if (fault === null) return { store: asked };
  return { store: { ...asked, status: 'rejected', code: 'invalid_command', detail: fault, decidedAt: now } };
}

function faultOf({ type, target, data, n, after }: CommandBody): string | null {
  const payload = commandPayloads[type].safeParse(data);
  if (!payload.success) return `data.${payload.error.issues[0]?.path.join('.') ?? ''}`;
  if (after !== null && after >= n) return 'after';
  if (type === 'SetStatus') return /^agent\.[a-z][a-z0-9]{0,31}$/.test(target) ? null : 'target';
  const [kind, ...rest] = target.split('.');
  return kind === 'conversation' && parseConversationId(rest.join('.')) ? null : 'target';
}

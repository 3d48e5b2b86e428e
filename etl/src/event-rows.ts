import type { CommitRow, EventRow, QuarantineReason, QuarantineRow } from '@recado/analytics/tables';
import type { Commit, EventEnvelope } from '@recado/domain/commit/commit';
import type { Checked } from './known-events.ts';

export const commitRow = (tenant: string, commit: Commit): CommitRow => ({
  tenant,
  stream: commit.stream,
  version: commit.version,
  at: commit.at,
  events: commit.events.length,
  prev: commit.prev,
  hash: commit.hash,
});

export function eventRow(tenant: string, commit: Commit, event: EventEnvelope, index: number): EventRow {
  const [cause = ['', '']] = Object.entries(commit.cause) as [string, string][];
  return {
    tenant,
    stream: commit.stream,
    version: commit.version,
    event_index: index,
    at: commit.at,
    occurred_at: event.occurredAt ?? null,
    type: event.type,
    actor_kind: commit.actor.kind,
    actor_id: commit.actor.id,
    cause_kind: cause[0],
    cause_id: cause[1],
    data: dataOf(commit.stream, event),
  };
}

export const quarantineRow = (
  tenant: string,
  commit: Commit,
  index: number,
  refused: Exclude<Checked, { event: EventEnvelope }> | { reason: QuarantineReason; detail: string },
): QuarantineRow => {
  const event = commit.events[index];
  return {
    tenant,
    stream: commit.stream,
    version: commit.version,
    event_index: index,
    at: commit.at,
    type: event?.type ?? '',
    reason: refused.reason,
    detail: refused.detail,
    data: event ? dataOf(commit.stream, event) : '',
  };
};

const configured = /^(settings|access)\./;
const secret = /secret|token|password/i;

/** Analysts read this: secrets of the configuration stay in the store, even sealed ones. */
const dataOf = (stream: string, event: EventEnvelope): string =>
  configured.test(stream)
    ? JSON.stringify(event.data, (key, value: unknown) => (secret.test(key) ? undefined : value))
    : JSON.stringify(event.data);

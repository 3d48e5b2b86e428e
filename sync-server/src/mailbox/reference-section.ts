import { may } from '@recado/domain/access/access';
import { refDocId, type RefDoc } from '@recado/domain/wire/documents';
import { personOf, type User } from '../accounts/account.ts';
import { offline, type RosterState } from '../tenants/roster.ts';
import type { Section } from './mailbox-writer.ts';

/** The reference data of one person's mailbox: queues, colleagues, numbers, routing, and themselves. */
export function referenceSection(
  user: User,
  colleagues: readonly User[],
  { settings, agents }: RosterState,
): Section {
  const refs: Omit<RefDoc, 'id'>[] = [
    ...Object.values(settings.queues).map(({ queueId, name, slaMs, agentIds }) => ({
      kind: 'queue' as const,
      key: queueId,
      name,
      data: { slaMs, agentIds },
    })),
    ...colleagues
      .filter((colleague) => !colleague.disabled)
      .map((colleague) => {
        const { status, since } = agents[colleague.userId] ?? offline;
        const attends = may(personOf(colleague), 'attend');
        return {
          kind: 'colleague' as const,
          key: colleague.userId,
          name: colleague.name,
          data: { status, since, attends },
        };
      }),
    ...Object.values(settings.numbers).map(({ numberId, name, displayPhone, provider, state }) => ({
      kind: 'number' as const,
      key: numberId,
      name,
      data: { displayPhone, provider, state },
    })),
    { kind: 'routing', key: 'routing', name: '', data: { ...settings.routing } },
    meOf(user, agents),
  ];
  return {
    name: 'ref',
    ranges: [{ from: 'ref.', to: 'ref/' }],
    documents: new Map(refs.map((ref) => [refDocId(ref.kind, ref.key), ref])),
  };
}

function meOf(user: User, agents: RosterState['agents']): Omit<RefDoc, 'id'> {
  const { status, since, reason } = agents[user.userId] ?? offline;
  const data = { userId: user.userId, roles: user.roles, status, since, reason };
  return { kind: 'me', key: 'me', name: user.name, data };
}

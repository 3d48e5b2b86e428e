import { decideStatus, evolveAgent, initialAgent } from '@recado/domain/agent/agent';
import { agentStream, settingsStream } from '@recado/domain/commit/stream-id';
import { directoryDatabase } from '@recado/domain/databases';
import { must } from '@recado/domain/must';
import { accept } from '@recado/domain/outcome';
import { defaultRouting, type SettingsEvent } from '@recado/domain/settings/settings';
import { connectCouch } from '@recado/event-store/couch/connect';
import { createCouchEventStore } from '@recado/event-store/couch-event-store';
import { createAggregate } from '@recado/event-store/handle-command';
import type { Demo } from './demo.ts';

/**
 * Brings a demo to the size of the figures: as many agents at work as asked (copies of Ana, with her password),
 * all in the demo's queue, with room for `capacity` conversations each. Returns their e-mail addresses.
 */
export async function gatherCrew(
  demo: Demo,
  { agents, capacity }: { agents: number; capacity: number },
): Promise<string[]> {
  const couch = connectCouch({ url: demo.urls.couchdb });
  const directory = couch.database(directoryDatabase);
  const ana = must(await directory.getOrNull<{ email: string }>('user.ana'), 'the demo’s Ana');
  const { _id, _rev, ...person } = ana;
  const ids = ['ana', ...Array.from({ length: agents - 1 }, (_, index) => `agent${index + 1}`)];
  for (const userId of ids.slice(1)) {
    const email = emailOf(userId);
    await directory.put({ _id: `email.${email}`, userId });
    await directory.put({
      _id: `user.${userId}`,
      ...person,
      userId,
      email,
      name: `Agente ${userId.slice(5)}`,
    });
  }

  const store = createCouchEventStore({ couch, tenant: 'demo' });
  const now = () => new Date().toISOString();
  const settings = createAggregate<SettingsEvent | null, SettingsEvent>({
    store,
    now,
    fold: { initial: null, evolve: (_before, event) => event },
  });
  const change = (stream: string, edit: (present: SettingsEvent | null) => SettingsEvent) =>
    settings.handle({
      stream,
      actor: { kind: 'system', id: 'bench' },
      cause: { event: 'bench' },
      decide: (present) => accept(edit(present)),
    });
  await change(settingsStream('routing', 'default'), () => ({
    type: 'RoutingConfigured',
    data: { ...defaultRouting, capacity },
  }));
  await change(settingsStream('queue', 'general'), (present) => {
    if (present?.type !== 'QueueConfigured') throw new Error('the demo’s queue is not there');
    return { ...present, data: { ...present.data, agentIds: ids } };
  });

  const statuses = createAggregate({ store, now, fold: { initial: initialAgent, evolve: evolveAgent } });
  const say = (agentId: string, status: 'available' | 'offline') =>
    statuses.handle({
      stream: agentStream(agentId),
      actor: { kind: 'agent', id: agentId },
      cause: { event: 'bench' },
      decide: (state) => decideStatus(state, { agentId, status, reason: 'stated' }),
    });
  for (const agentId of ids) await say(agentId, 'available');
  if (!ids.includes('bruno')) await say('bruno', 'offline');
  await store.stop();
  return ids.map(emailOf);
}

const emailOf = (userId: string): string => `${userId}@demo.test`;

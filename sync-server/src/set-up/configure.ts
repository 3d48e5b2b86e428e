import type { Actor } from '@recado/domain/commit/commit';
import { settingsStream } from '@recado/domain/commit/stream-id';
import { accept } from '@recado/domain/outcome';
import {
  numberSchema,
  queueSchema,
  routingSchema,
  type NumberSettings,
  type QueueSettings,
  type RoutingSettings,
  type SettingsEvent,
} from '@recado/domain/settings/settings';
import type { EventStore } from '@recado/event-store/event-store';
import { createAggregate } from '@recado/event-store/handle-command';

/** Writes a tenant's settings as events. Configuring the same again appends nothing. */
export interface Configure {
  number(number: NumberSettings): Promise<void>;
  queue(queue: QueueSettings): Promise<void>;
  routing(routing: RoutingSettings): Promise<void>;
}

export interface ConfigureDeps {
  store: EventStore;
  actor: Actor;
  now: () => string;
  /** Leave what is configured already as it is: for a seed that runs at every start. */
  onlyMissing?: boolean;
}

export function createConfigure({ store, actor, now, onlyMissing = false }: ConfigureDeps): Configure {
  const settings = createAggregate<SettingsEvent | null, SettingsEvent>({
    store,
    now,
    fold: { initial: null, evolve: (_before, event) => event },
  });
  const put = async (stream: string, event: SettingsEvent): Promise<void> => {
    await settings.handle({
      stream,
      actor,
      cause: { event: `set-up.${stream}` },
      decide: (present) => {
        const unchanged = JSON.stringify(present?.data) === JSON.stringify(event.data);
        return unchanged || (onlyMissing && present !== null) ? accept<SettingsEvent>() : accept(event);
      },
    });
  };
  return {
    number: (number) =>
      put(settingsStream('number', number.numberId), {
        type: 'NumberConfigured',
        data: numberSchema.parse(number),
      }),
    queue: (queue) =>
      put(settingsStream('queue', queue.queueId), {
        type: 'QueueConfigured',
        data: queueSchema.parse(queue),
      }),
    routing: (routing) =>
      put(settingsStream('routing', 'default'), {
        type: 'RoutingConfigured',
        data: routingSchema.parse(routing),
      }),
  };
}

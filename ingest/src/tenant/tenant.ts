import type { Commit } from '@recado/domain/commit/commit';
import { settingsEventSchema, type TenantSettings } from '@recado/domain/settings/settings';
import { instant, type Clock } from '@recado/domain/time';
import { StoreUnavailable } from '@recado/event-store/event-store';
import { follow } from '@recado/event-store/follow';
import type { Follower, Timer } from '@recado/event-store/ports';
import type { SecretBox } from '@recado/event-store/secret-box';
import { createTicker, type Ticker } from '@recado/event-store/ticker';
import type { MediaStore } from '@recado/media-store/media-store';
import { createGreeter } from '../bot/greeter.ts';
import { createContacts } from '../contacts/contacts.ts';
import type { Metrics } from '../http/metrics.ts';
import type { Logger } from '../logger.ts';
import { createMediaKeeper, isMediaTimer, type MediaKeeper } from '../media/media-keeper.ts';
import { decode } from '../meta/decode.ts';
import type { GraphClient } from '../meta/graph-client.ts';
import { createAccounts } from '../outbox/accounts.ts';
import { createDeliver } from '../outbox/deliver.ts';
import { createNumberPauses } from '../outbox/number-pauses.ts';
import { startOutbox, type Outbox } from '../outbox/outbox.ts';
import { createRateLimits, type RateLimitOptions } from '../outbox/rate-limits.ts';
import { createParking, isParkedTimer, type Parking } from '../parked/parking.ts';
import type { Applied } from '../receive/applied.ts';
import { createApply, type Apply } from '../receive/apply.ts';
import { createConversations } from '../receive/conversations.ts';
import { startRouter, type Router } from '../routing/router.ts';
import { createTenantSettings, type LiveSettings } from '../settings/tenant-settings.ts';
import { shareFeed } from './shared-feed.ts';
import type { TenantStores } from './tenant-stores.ts';

/** One tenant at work: receives, greets, routes, sends. */
export interface Tenant {
  tenant: string;
  settings: LiveSettings;
  apply: Apply;
  parking: Parking;
  /** Resolves when everything stored has been reacted to, routed and sent as far as possible now. */
  settled(): Promise<void>;
  /** Handles due timers now. */
  tick(): Promise<void>;
  router: Router;
  stop(): Promise<void>;
}

export interface TenantDeps {
  tenant: string;
  stores: TenantStores;
  media: MediaStore;
  graph: GraphClient;
  secretBox: SecretBox;
  metrics: Metrics;
  logger: Logger;
  clock: Clock;
  /** Unique and URL-safe. */
  newId: () => string;
  random: () => number;
  /** Names this process in leases. */
  holder: string;
  rateLimits?: RateLimitOptions;
  onSettings: (settings: TenantSettings) => void;
}

/** @throws StoreUnavailable when the settings cannot be read. */
export async function startTenant(deps: TenantDeps): Promise<Tenant> {
  const { tenant, stores, media, graph, secretBox, metrics, clock, newId, random, holder } = deps;
  const { timers, checkpoints, snapshots, leases, identities } = stores;
  const now = () => instant(clock());
  const log = logFor(deps);
  const feed = shareFeed(stores.store, { onError: log.fault('feed') });
  const { store } = feed;

  const settings = createTenantSettings({ store });
  await settings.load();
  const contacts = createContacts({ store, identities, now, newId });
  const conversations = createConversations({ store, now });
  const apply = createApply({ contacts, conversations, settings: settings.current });

  const accounts = createAccounts({
    settings,
    secretBox,
    onUnreadable: (numberId) => log.alert('secret_unreadable', { numberId }),
  });

  const parking: Parking = createParking({
    store,
    timers,
    now,
    apply: applyStored(settings, apply),
    onOutcome: (outcome) => metrics.unparked.inc({ outcome }),
  });
  const greet = createGreeter({
    conversations,
    settings: settings.current,
    onUnknownNumber: (numberId) => log.alert('unknown_number', { numberId }),
    onDefect: (error) => log.alert('defect', { err: error }),
  });
  const mediaKeeper: MediaKeeper = createMediaKeeper({
    conversations,
    timers,
    graph,
    media,
    accountOf: accounts.fetching,
    now,
    onOutcome: (outcome) => metrics.media.inc({ outcome }),
    onError: log.fault('media'),
  });

  const pauseNumbers = createNumberPauses({
    store,
    settings,
    now,
    onPause: (numberId, alert, code) => log.alert(alert, { numberId, code }),
  });
  const deliver = createDeliver({
    conversations,
    graph,
    media,
    limits: createRateLimits(deps.rateLimits),
    accountOf: accounts.sending,
    clock,
    now,
    newAttemptId: () => `a-${newId()}`,
    random,
    async onVerdict(numberId, { result, errorClass }, cause) {
      metrics.sends.inc({ result: result.kind, class: errorClass });
      const code = 'code' in result ? result.code : '';
      await pauseNumbers(numberId, errorClass, code, cause);
    },
    onError: log.fault('outbox'),
  });

  settings.listen((_before, after) => deps.onSettings(after));
  deps.onSettings(settings.current());

  const reactions: Follower = follow({
    store,
    checkpoints,
    name: 'ingest-reactions',
    async handle(commits) {
      settings.observe(commits);
      for (const phoneNumberId of newNumbers(commits)) await parking.applyFor(phoneNumberId);
      await greet(commits);
      await mediaKeeper.react(commits);
    },
    onError: log.fault('reactions'),
  });
  const ticker: Ticker = createTicker({
    timers,
    clock,
    handle: (timer) => handleTimer(timer, { parking, mediaKeeper }),
    onError: log.fault('timers'),
  });
  const router: Router = startRouter({
    store,
    snapshots,
    leases,
    conversations,
    clock,
    holder,
    onOutcome: (outcome) => metrics.assignments.inc({ outcome }),
    onError: log.fault('router'),
  });
  const outbox: Outbox = startOutbox({
    store,
    snapshots,
    leases,
    settings,
    holder,
    deliver,
    onError: log.fault('outbox'),
  });

  return {
    tenant,
    settings,
    apply,
    parking,
    router,
    tick: () => ticker.tick(),
    async settled() {
      await reactions.settled();
      await mediaKeeper.idle();
      await router.settled();
      await outbox.settled();
    },
    async stop() {
      await Promise.all([reactions.stop(), ticker.stop(), router.stop(), outbox.stop()]);
      await mediaKeeper.stop();
      await feed.close();
      await stores.close();
    },
  };
}

/** Numbers configured for the first time. By the follower, so that one set up while we were away is seen too. */
function newNumbers(commits: readonly Commit[]): string[] {
  const first = commits.filter(({ stream, version }) => stream.startsWith('settings.') && version === 1);
  return first.flatMap(({ events }) =>
    events.flatMap((event) => {
      const parsed = settingsEventSchema.safeParse(event);
      const number = parsed.success && parsed.data.type === 'NumberConfigured' ? parsed.data.data : null;
      return number?.meta ? [number.meta.phoneNumberId] : [];
    }),
  );
}

/** Timers of this tenant that are ours; others in the same database are handled by who set them. */
async function handleTimer(
  timer: Timer,
  { parking, mediaKeeper }: { parking: Parking; mediaKeeper: MediaKeeper },
): Promise<void> {
  if (isParkedTimer(timer)) await parking.retry(timer);
  else if (isMediaTimer(timer)) await mediaKeeper.retry(timer);
}

/** A parked webhook body, taken apart again and applied to the number that it names, if that is known by now. */
const applyStored =
  (settings: LiveSettings, apply: Apply) =>
  async (raw: unknown): Promise<Applied> => {
    const [update, ...others] = decode(raw);
    if (!update || others.length > 0) return { unfit: 'not a single update' };
    const number = Object.values(settings.current().numbers).find(
      ({ meta }) => meta !== undefined && meta.phoneNumberId === update.phoneNumberId,
    );
    return number ? apply(update, number) : { waiting: 'unknown_number' };
  };

function logFor({ tenant, logger, metrics }: Pick<TenantDeps, 'tenant' | 'logger' | 'metrics'>) {
  return {
    alert(alert: string, fields: object): void {
      metrics.alerts.inc({ alert });
      logger.error({ tenant, alert, ...fields }, 'someone must look at this');
    },
    fault:
      (part: string) =>
      (error: unknown): void => {
        const passing = error instanceof StoreUnavailable;
        logger[passing ? 'warn' : 'error'](
          { tenant, part, err: error },
          passing ? 'the store did not answer' : 'a fault',
        );
      },
  };
}

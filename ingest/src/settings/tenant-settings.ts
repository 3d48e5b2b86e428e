import type { Commit } from '@recado/domain/commit/commit';
import {
  evolveSettings,
  initialSettings,
  settingsEventSchema,
  type TenantSettings,
} from '@recado/domain/settings/settings';
import type { EventStore } from '@recado/event-store/event-store';

/** A tenant's settings, in memory and up to date. */
export interface SettingsView {
  current(): TenantSettings;
  /** Called with the settings before and after each change. */
  listen(listener: (before: TenantSettings, after: TenantSettings) => void): void;
  /** The stream in which a number is configured. */
  streamOfNumber(numberId: string): string | undefined;
}

export type LiveSettings = SettingsView & {
  /** Reads the settings streams. To be called before anything decides by them. */
  load(): Promise<void>;
  /** Takes what a follower of the store has seen; older than known, and it is let pass. */
  observe(commits: readonly Commit[]): void;
};

export function createTenantSettings({ store }: { store: EventStore }): LiveSettings {
  const versions = new Map<string, number>();
  const numberStreams = new Map<string, string>();
  const listeners: ((before: TenantSettings, after: TenantSettings) => void)[] = [];
  let settings = initialSettings;

  const observe = (commits: readonly Commit[]): void => {
    for (const commit of commits) {
      if (!commit.stream.startsWith('settings.')) continue;
      if (commit.version <= (versions.get(commit.stream) ?? 0)) continue;
      versions.set(commit.stream, commit.version);
      const before = settings;
      for (const event of commit.events) {
        const parsed = settingsEventSchema.safeParse(event);
        // Settings of a kind that this service does not know are others' business.
        if (!parsed.success) continue;
        settings = evolveSettings(settings, parsed.data);
        if (parsed.data.type === 'NumberConfigured')
          numberStreams.set(parsed.data.data.numberId, commit.stream);
      }
      if (settings !== before) for (const listener of listeners) listener(before, settings);
    }
  };

  return {
    current: () => settings,
    listen: (listener) => void listeners.push(listener),
    streamOfNumber: (numberId) => numberStreams.get(numberId),
    observe,
    async load() {
      let after: string | undefined;
      for (;;) {
        const streams = await store.streams('settings.', { after, limit: 100 });
        for (const stream of streams) observe(await store.read(stream));
        after = streams.at(-1);
        if (streams.length < 100) return;
      }
    },
  };
}

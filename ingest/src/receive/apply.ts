import type { NumberSettings, TenantSettings } from '@recado/domain/settings/settings';
import type { Contacts } from '../contacts/contacts.ts';
import type { Update } from '../meta/update.ts';
import type { Conversations } from './conversations.ts';
import { createArrive } from './arrive.ts';
import { createMark } from './mark.ts';
import { createReport } from './report.ts';

/** What became of one update. `waiting`: it may find its place later. `unfit`: it never will by itself. */
export type Applied =
  { applied: 'appended' | 'known'; conversationId: string | null } | { waiting: string } | { unfit: string };

/** Applies one update to its conversation. Resolves when it is durable. @throws StoreUnavailable. */
export type Apply = (update: Update, number: NumberSettings) => Promise<Applied>;

export interface ApplyDeps {
  contacts: Contacts;
  conversations: Conversations;
  settings: () => TenantSettings;
}

export function createApply(deps: ApplyDeps): Apply {
  const arrive = createArrive(deps);
  const mark = createMark(deps);
  const report = createReport(deps);
  return async (update, number) => {
    switch (update.kind) {
      case 'message':
      case 'echo':
        return arrive(update, number);
      case 'reaction':
      case 'edit':
      case 'revoke':
        return mark(update, number);
      case 'status':
        return report(update, number);
      case 'parked':
        return { unfit: update.reason };
    }
  };
}

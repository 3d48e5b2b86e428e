import type { NumberSettings } from '@recado/domain/settings/settings';
import type { Update } from '../meta/update.ts';
import type { Applied } from './applied.ts';
import { createArrive, type ArriveDeps } from './arrive.ts';
import { createMark } from './mark.ts';
import { createReport } from './report.ts';

/** Applies one update to its conversation. Resolves when it is durable. @throws StoreUnavailable. */
export type Apply = (update: Update, number: NumberSettings) => Promise<Applied>;

export function createApply(deps: ArriveDeps): Apply {
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

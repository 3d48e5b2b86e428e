import type { ReportRow } from '@recado/domain/wire/api';
import type { I18n } from '../i18n/i18n.svelte.ts';

type Language = Pick<I18n, 't' | 'format'>;

/** A share in words; one of nothing is none, not 0 %. */
export const shareText = (share: number | null, { t, format }: Language): string =>
  share === null ? t.common.none : format.percent(share);

/** Median and p90. Each holds together when the line breaks. */
export const spreadText = ({ p50, p90 }: ReportRow['frt'], { t, format }: Language): string =>
  [`${t.reports.p50} ${format.exactDuration(p50)}`, `${t.reports.p90} ${format.exactDuration(p90)}`]
    .map((words) => words.replaceAll(' ', '\u00a0'))
    .join(' · ');

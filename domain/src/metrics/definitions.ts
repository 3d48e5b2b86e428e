/**
 * Version of the definitions in this folder (docs/metrics.md). Raise it whenever a fold or a measure changes its
 * meaning: stored facts carry it, reports name it, and facts of an older one are rebuilt from events.
 */
export const definitionsVersion = '1';

/** answered within T ÷ (answered + abandoned after T). */
export const slaVariant = 'answered_within_t_over_answered_plus_abandoned_after_t';

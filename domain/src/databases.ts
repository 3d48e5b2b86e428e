/** The names of every CouchDB database, in one place. Tenant and user ids are lowercase letters and digits. */
const idPattern = /^[a-z][a-z0-9]{0,31}$/;

export const isTenantId = (text: string): boolean => idPattern.test(text);
export const isUserId = isTenantId;

/** Installation-wide: tenants, users, e-mail addresses, sessions. */
export const directoryDatabase = 'recado-directory';
/** Commits: the only truth. */
export const eventsDatabase = (tenant: string): string => `recado-${tenant}-events`;
/** `identity:<scheme>:<value>` → contact id; a 409 keeps one alias with one contact. */
export const identitiesDatabase = (tenant: string): string => `recado-${tenant}-identities`;
/** Checkpoints, leases, snapshots of projections, mailbox epochs: all can be rebuilt. */
export const workDatabase = (tenant: string): string => `recado-${tenant}-work`;
/** `timer.<due, ISO>.<key>` documents, removed when they have fired. */
export const timersDatabase = (tenant: string): string => `recado-${tenant}-timers`;
/** One physical database per user and epoch: disposable. */
export const mailboxDatabase = (tenant: string, userId: string, epoch: number): string =>
  `recado-${tenant}-mb-${userId}-e${epoch}`;

/**
 * How many revisions of a document are remembered where documents are written over and over: mailboxes, work.
 * Each write costs the store in proportion to what it remembers, and with its default of 1,000 the chat of a busy
 * hour or a lease gets slower with each write. Only a replicator of PouchDB's kind reads the history: one that
 * missed more edits of one document than this sees a conflict instead of a successor.
 */
export const rememberedRevisions = 20;

import type { Session } from '@recado/domain/wire/api';
import type { CmdDoc, CommandPayload, CommandType, ConvDoc, RefDoc } from '@recado/domain/wire/documents';
import type { AgentStatus } from '@recado/domain/agent/agent';
import { must } from '@recado/domain/must';
import type { Observable } from 'rxjs';
import { deviceDocId, openQueue, type CommandQueue, type DeviceState } from '../commands/queue.ts';
import { createFileStore, type FileStore } from '../commands/file-store.ts';
import {
  idSet,
  mergeInbox,
  refusedRequests,
  strayMessages,
  streamOf,
  tellingCommands,
  waitingCommands,
  type OwnCommands,
} from '../commands/merge.ts';
import { createUploads } from '../commands/uploads.ts';
import { openCurrentDatabase, removeDatabase, type HeldDatabase } from '../sync/epochs.ts';
import { createLocks } from '../sync/locks.ts';
import { databaseName, type LocalDatabase, type Owner } from '../sync/database.ts';
import { startReplication, type Replication } from '../sync/replication.ts';
import type { Refusal } from '../sync/connection.ts';
import type { Api } from './api.ts';
import { createDrafts, type Drafts } from './drafts.ts';
import { SyncStatus } from './sync-status.svelte.ts';
import { pause } from './pause.ts';

const listLimit = 300;
const dismissedDocId = 'dismissed';

/** Everything one signed-in person works on: the local database, its queue, its replication, and what lists show. */
export class Workspace {
  /** null until the first read of the local database. */
  convs = $state.raw<ConvDoc[] | null>(null);
  refs = $state.raw<RefDoc[]>([]);
  /** The first pull of everything is done: an empty list is truly empty. */
  pulled = $state(false);
  sync: SyncStatus;

  #commands = $state.raw<CmdDoc[]>([]);
  #outgoing = $state.raw<CmdDoc[]>([]);
  #dismissed = $state.raw<readonly string[]>([]);
  own = $derived<OwnCommands>({
    commands: this.#commands,
    outgoing: this.#outgoing,
    dismissed: idSet(this.#dismissed),
  });
  rows = $derived(this.convs ? mergeInbox(this.convs, this.own) : null);
  strays = $derived(this.convs ? strayMessages(this.convs, this.own) : []);
  refusals = $derived(refusedRequests(this.own));
  waiting = $derived(waitingCommands(this.own).length);
  status = $derived(this.#readStatus());

  readonly db: LocalDatabase;
  readonly session: Session;
  readonly files: FileStore;
  readonly drafts: Drafts;
  #queue: CommandQueue;
  #replication: Replication;
  #owner: Owner;
  #letGo: () => void;
  #endings: Array<() => void> = [];

  static async open(
    session: Session,
    deps: { api: Api; onRefused: (refusal: Refusal) => void },
  ): Promise<Workspace> {
    const owner = ownerOf(session);
    const held = await openCurrentDatabase(owner, onThisDevice(session));
    const { database } = held;
    const queue = await openQueue({ database, newDeviceId: () => crypto.randomUUID(), now: Date.now });
    return new Workspace(session, owner, held, queue, deps);
  }

  private constructor(
    session: Session,
    owner: Owner,
    { database: db, letGo }: HeldDatabase,
    queue: CommandQueue,
    { api, onRefused }: { api: Api; onRefused: (refusal: Refusal) => void },
  ) {
    this.session = session;
    this.#owner = owner;
    this.db = db;
    this.#letGo = letGo;
    this.#queue = queue;
    this.files = createFileStore(`recado-${owner.tenant}-${owner.userId}-files`);
    this.drafts = createDrafts(db);
    this.sync = new SyncStatus(localStorage, databaseName(owner));
    this.#watch();
    const uploads = createUploads({
      files: this.files,
      put: api.putMedia,
      now: Date.now,
      random: Math.random,
    });
    this.#replication = startReplication({
      database: db,
      identity: owner,
      ...connection(),
      tell: (news) => {
        this.sync.hear(news);
        if (news.kind === 'refused') onRefused(news.refusal);
      },
    });
    void this.#replication.initial().then(() => (this.pulled = true));
    void this.#lead(uploads);
    this.#listen(uploads.hurry);
  }

  #watch(): void {
    const plain = <T>(documents: Array<{ toJSON(): unknown }>) =>
      documents.map((document) => document.toJSON() as T);
    const { conv, ref, cmd, local } = this.db;
    this.#follow(
      conv.find({ sort: [{ lastMessageAt: 'desc' }], limit: listLimit }).$,
      (found) => (this.convs = plain(found)),
    );
    this.#follow(ref.find({ limit: 1_000 }).$, (found) => (this.refs = plain(found)));
    // Newest first: everything undecided or refused is recent, and old acceptances say nothing any more.
    this.#follow(cmd.find({ sort: [{ n: 'desc' }], limit: 1_000 }).$, (found) => {
      this.#commands = tellingCommands(plain<CmdDoc>(found));
    });
    this.#follow(local.findOne(deviceDocId).$, (found) => {
      this.#outgoing = (found?.toJSON().state as DeviceState | undefined)?.outgoing ?? [];
    });
    this.#follow(local.findOne(dismissedDocId).$, (found) => {
      this.#dismissed = (found?.toJSON().ids as string[] | undefined) ?? [];
    });
  }

  #follow<T>(source: Observable<T>, show: (value: T) => void): void {
    const subscription = source.subscribe(show);
    this.#endings.push(() => subscription.unsubscribe());
  }

  /** The leading tab uploads files and hands commands over, also those written in other tabs. */
  async #lead(uploads: ReturnType<typeof createUploads>): Promise<void> {
    await this.db.waitForLeadership();
    let running: Promise<void> = Promise.resolve();
    const run = () => {
      running = running.then(() => this.#queue.handOver(uploads.mayGo)).catch(() => undefined);
    };
    this.#follow(this.#queue.device.$, run);
    const timer = setInterval(run, 3_000);
    this.#endings.push(() => clearInterval(timer));
  }

  #listen(hurry: () => void): void {
    const probe = () => {
      hurry();
      this.#replication.probe();
    };
    const visible = () => {
      if (document.visibilityState === 'visible' && Date.now() - (this.sync.lastContact ?? 0) > 30_000)
        probe();
    };
    const follow = (event: StorageEvent) => this.sync.follow(event);
    window.addEventListener('online', probe);
    window.addEventListener('offline', probe);
    window.addEventListener('storage', follow);
    document.addEventListener('visibilitychange', visible);
    this.#endings.push(() => {
      window.removeEventListener('online', probe);
      window.removeEventListener('offline', probe);
      window.removeEventListener('storage', follow);
      document.removeEventListener('visibilitychange', visible);
    });
  }

  /** About a conversation: `seen` is what the person is looking at. */
  ask<Type extends CommandType>(
    conv: { conversationId: string; version: number },
    type: Type,
    data: CommandPayload<Type>,
  ) {
    return this.#queue.enqueue({ type, target: streamOf(conv.conversationId), data, seen: conv.version });
  }

  setStatus(status: AgentStatus): Promise<CmdDoc> {
    return this.#queue.enqueue({
      type: 'SetStatus',
      target: `agent.${this.session.userId}`,
      data: { status },
      seen: null,
    });
  }

  /** Puts a refused command aside on this device. The command itself stays in the mailbox. */
  async dismiss(commandId: string): Promise<void> {
    const known = await this.db.local.insertIfNotExists({ id: dismissedDocId, ids: [] });
    await known.incrementalModify((doc) => ({
      ...doc,
      ids: [...(doc.ids as string[]), commandId].slice(-500),
    }));
  }

  #readStatus(): { shown: AgentStatus; pending: boolean } {
    const target = `agent.${this.session.userId}`;
    const asked = [...this.#commands, ...this.#outgoing]
      .filter(
        (command) =>
          command.target === target && command.type === 'SetStatus' && command.status === 'pending',
      )
      .sort((a, b) => a.n - b.n)
      .at(-1);
    if (asked) return { shown: (asked.data as CommandPayload<'SetStatus'>).status, pending: true };
    const me = this.refs.find((ref) => ref.kind === 'me');
    return { shown: (me?.data.status as AgentStatus | undefined) ?? 'offline', pending: false };
  }

  /**
   * Fetches what a new epoch of this mailbox holds, while this one is still shown and worked on: a network that
   * goes away in between must not leave the person with an empty list. @returns whether everything is here.
   */
  async pullAhead(session: Session): Promise<boolean> {
    const ended = new AbortController();
    this.#endings.push(() => ended.abort());
    const { pullAhead } = await import('../sync/move-epoch.ts');
    return pullAhead(ownerOf(session), {
      ...onThisDevice(session),
      ...connection(),
      signal: ended.signal,
      hear: (news) => this.sync.hear(news),
    });
  }

  /** Ends all requests and closes the database; what is stored stays. */
  async close(): Promise<void> {
    for (const end of this.#endings.splice(0)) end();
    await this.#replication.stop();
    await this.db.close();
    this.#letGo();
  }

  /** Leaves nothing of this person on the device. */
  async remove(): Promise<void> {
    for (const end of this.#endings.splice(0)) end();
    await this.#replication.stop();
    await this.files.destroy();
    this.sync.forget();
    await removeDatabase(localStorage, this.#owner, this.db);
    this.#letGo();
  }
}

const ownerOf = ({ tenant, userId, mailboxEpoch }: Session): Owner => ({
  tenant,
  userId,
  epoch: must(mailboxEpoch, 'a mailbox'),
});

const onThisDevice = ({ permissions }: Session) => ({
  withBoard: permissions.includes('viewBoard'),
  storage: localStorage,
  locks: createLocks(navigator.locks),
});

const connection = () => ({
  base: `${location.origin}/sync`,
  fetch: (input: string, init: RequestInit) => fetch(input, { credentials: 'same-origin', ...init }),
  random: Math.random,
  wait: pause,
});

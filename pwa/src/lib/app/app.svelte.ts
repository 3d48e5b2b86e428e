import { createContext } from 'svelte';
import type { Permission } from '@recado/domain/access/access';
import type { Session } from '@recado/domain/wire/api';
import type { Refusal } from '../sync/connection.ts';
import { ApiError, type Api } from './api.ts';
import type { Clock } from './clock.svelte.ts';
import { pause } from './pause.ts';
import { isSessionKey, readSession, unrevoked, writeSession, type SessionState } from './stored-session.ts';
import type { Workspace } from './workspace.svelte.ts';

const restoreWithinMs = 4_000;

/** The signed-in person and their workspace, over sign-in, expiry, a new mailbox epoch, and leaving. */
export class App {
  session = $state.raw<Session | null>(null);
  state = $state<SessionState>('active');
  workspace = $state.raw<Workspace | null>(null);
  /** Nothing is stored, but a cookie may be there, which scripts cannot see: the server is being asked. */
  restoring = $state(false);
  /** Signing out: what was kept here is being deleted. */
  leaving = $state(false);
  /** The local database could not be opened: private mode, no space, a broken profile. */
  broken = $state<string | null>(null);
  readonly api: Api;
  readonly clock: Clock;
  #opening: Promise<void> = Promise.resolve();
  /** Counts sign-ins and departures: an answer to a question asked before one of them no longer counts. */
  #turn = 0;

  constructor({ api, clock }: { api: Api; clock: Clock }) {
    this.api = api;
    this.clock = clock;
    const stored = readSession(localStorage);
    if (stored) {
      this.session = stored.session;
      this.state = stored.state;
    } else this.restoring = !unrevoked.get(localStorage);
  }

  may(permission: Permission): boolean {
    return this.session?.permissions.includes(permission) ?? false;
  }

  /** Loads what a workspace needs, which is most of the app's code, before there is one. */
  prepare(): Promise<unknown> {
    return import('./workspace.svelte.ts');
  }

  /** Starts from what is stored, then asks the server. Returns what undoes it. */
  start(): () => void {
    const follow = (event: StorageEvent) => {
      if (isSessionKey(event.key)) void this.#followOtherTab();
    };
    window.addEventListener('storage', follow);
    if (this.session && this.state === 'active') {
      void this.#openWorkspace();
      void this.refresh();
    } else if (unrevoked.get(localStorage)) {
      void this.api.logout().then(
        () => unrevoked.set(localStorage, false),
        () => undefined,
      );
    } else if (this.restoring) void this.#restore();
    return () => window.removeEventListener('storage', follow);
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.api.login(email, password);
    this.#turn += 1;
    unrevoked.set(localStorage, false);
    await this.#become(await this.api.session());
  }

  /** Asks who is signed in. Without a network what is known stays true. */
  async refresh(): Promise<void> {
    const turn = this.#turn;
    try {
      const session = await this.api.session();
      if (turn !== this.#turn || !(await this.#pulledAhead(session)) || turn !== this.#turn) return;
      await this.#become(session);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === this.#turn && (error.status === 401 || error.status === 403)) await this.#expire();
    }
  }

  /** The sign-in page does not wait for a network that swallows everything; an answer that comes later still counts. */
  async #restore(): Promise<void> {
    await Promise.race([this.refresh(), pause(restoreWithinMs, new AbortController().signal)]);
    this.restoring = false;
  }

  /** Removes everything of this person from the device, and the session from the server when it can be reached. */
  async leave(): Promise<void> {
    this.#turn += 1;
    const workspace = this.workspace;
    this.leaving = true;
    this.workspace = null;
    // Other tabs see this and let go of the database.
    writeSession(localStorage, null);
    unrevoked.set(localStorage, true);
    await workspace?.remove();
    if ('caches' in window) await caches.delete('recado-media');
    this.session = null;
    this.leaving = false;
    await this.api.logout().then(
      () => unrevoked.set(localStorage, false),
      () => undefined,
    );
  }

  async #become(session: Session): Promise<void> {
    const before = this.session;
    this.clock.set(session.now);
    this.session = session;
    this.state = 'active';
    writeSession(localStorage, { session, state: 'active' });
    const same =
      before?.userId === session.userId &&
      before.tenant === session.tenant &&
      before.mailboxEpoch === session.mailboxEpoch;
    if (!same || !this.workspace) await this.#openWorkspace();
  }

  /** A new epoch of the mailbox on screen is adopted once its documents are here. */
  async #pulledAhead(session: Session): Promise<boolean> {
    await this.#opening;
    const shown = this.workspace?.session;
    const isMove =
      shown?.userId === session.userId &&
      shown.tenant === session.tenant &&
      session.mailboxEpoch !== null &&
      shown.mailboxEpoch !== session.mailboxEpoch;
    return !isMove || this.workspace!.pullAhead(session);
  }

  /** One at a time: two databases of one name in one tab would lock each other out. */
  #openWorkspace(): Promise<void> {
    this.#opening = this.#opening.then(async () => {
      const session = this.session;
      if (!session) return;
      const open = this.workspace;
      if (
        open &&
        open.session.userId === session.userId &&
        open.session.mailboxEpoch === session.mailboxEpoch
      )
        return;
      this.workspace = null;
      await open?.close();
      if (session.mailboxEpoch === null) return;
      try {
        const { Workspace } = await import('./workspace.svelte.ts');
        this.workspace = await Workspace.open(session, {
          api: this.api,
          onRefused: (refusal) => void this.#refused(refusal),
        });
        this.broken = null;
      } catch (error) {
        // RxDB's messages hold document data: only their code is kept.
        this.broken = (error as { code?: string }).code ?? (error as Error).name;
      }
    });
    return this.#opening;
  }

  async #refused(refusal: Refusal): Promise<void> {
    if (refusal === 'signed_out') return this.#expire();
    // A new epoch, or rights that changed: both are told by the session.
    const stale = this.workspace;
    const turn = this.#turn;
    await this.refresh();
    if (!stale || this.workspace !== stale || turn !== this.#turn || this.state !== 'active') return;
    // The session says nothing new yet: the mailbox is being rebuilt. Ask again, but not at once.
    await pause(5_000, new AbortController().signal);
    if (this.workspace !== stale || turn !== this.#turn) return;
    this.workspace = null;
    await stale.close();
    await this.#openWorkspace();
  }

  /** The local database and its queue stay for when the same person signs in again. */
  async #expire(): Promise<void> {
    if (!this.session || this.state === 'expired') return;
    this.state = 'expired';
    writeSession(localStorage, { session: this.session, state: 'expired' });
    const workspace = this.workspace;
    this.workspace = null;
    await workspace?.close();
  }

  async #followOtherTab(): Promise<void> {
    const stored = readSession(localStorage);
    if (stored?.state === 'active') {
      this.session = stored.session;
      this.state = 'active';
      await this.#openWorkspace();
      return;
    }
    const workspace = this.workspace;
    this.workspace = null;
    this.session = stored?.session ?? null;
    this.state = stored?.state ?? 'active';
    await workspace?.close();
  }
}

export const [getApp, setApp] = createContext<App>();

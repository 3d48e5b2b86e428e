import { ApiError, type Api } from '../app/api.ts';
import type { Workspace } from '../app/workspace.svelte.ts';
import type { MsgDoc, RefDoc } from '@recado/domain/wire/documents';
import { mergeChat, settlingMessages, streamOf, withLocal, type OwnCommands } from '../commands/merge.ts';

const page = 200;

/**
 * One conversation's messages: the newest of the local database, older ones of it on demand, and beyond those the
 * server's, which are kept while the chat is open.
 */
export class Chat {
  #local = $state.raw<MsgDoc[] | null>(null);
  #older = $state.raw<MsgDoc[]>([]);
  #limit = $state(page);
  #cursor = $state<string | null | undefined>(undefined);
  loadingOlder = $state(false);
  olderProblem = $state<ApiError | null>(null);
  readonly #workspace: Workspace;
  readonly #api: Api;
  readonly #id: string;

  constructor(workspace: Workspace, api: Api, id: string) {
    this.#workspace = workspace;
    this.#api = api;
    this.#id = id;
    $effect(() => {
      const query = workspace.db.msg.find({
        selector: { conversationId: id },
        sort: [{ conversationId: 'desc' }, { sortKey: 'desc' }],
        limit: this.#limit,
      });
      const subscription = query.$.subscribe(
        (found) => (this.#local = found.map((doc) => doc.toJSON() as MsgDoc)),
      );
      return () => subscription.unsubscribe();
    });
  }

  conv = $derived.by(() => this.#workspace.convs?.find((conv) => conv.conversationId === this.#id) ?? null);
  row = $derived.by(() => this.#workspace.rows?.find(({ conv }) => conv.conversationId === this.#id) ?? null);
  loaded = $derived.by(() => this.#local !== null && this.#workspace.convs !== null);
  #own = $derived.by<OwnCommands>(() => {
    const stream = streamOf(this.#id);
    const mine = ({ target }: { target: string }) => target === stream;
    const { commands, outgoing, dismissed } = this.#workspace.own;
    return { commands: commands.filter(mine), outgoing: outgoing.filter(mine), dismissed };
  });
  messages = $derived.by(() => withLocal(this.#older, this.#local ?? []));
  entries = $derived.by(() => mergeChat(this.messages, this.#own));
  /** Uncertain messages about which the person has decided, not yet confirmed. */
  settling = $derived.by(() => settlingMessages(this.#own));
  atBeginning = $derived.by(() => this.#cursor === null);

  async loadOlder(): Promise<void> {
    if (this.loadingOlder || this.atBeginning) return;
    if ((this.#local?.length ?? 0) >= this.#limit) {
      this.#limit += page;
      return;
    }
    this.loadingOlder = true;
    this.olderProblem = null;
    try {
      const before = this.#cursor ?? this.#oldest();
      const { items, nextCursor } = await this.#api.olderMessages(this.#id, before);
      this.#older = withLocal(this.#older, items);
      this.#cursor = nextCursor;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.olderProblem = error;
    } finally {
      this.loadingOlder = false;
    }
  }

  #oldest(): string | null {
    const keys = this.messages.map(({ sortKey }) => sortKey).sort();
    return keys[0] ?? null;
  }
}

/** Names of people and queues, as far as this device knows them. */
export const refName = (refs: readonly RefDoc[], kind: RefDoc['kind'], key: string | null): string | null =>
  key === null ? null : (refs.find((ref) => ref.kind === kind && ref.key === key)?.name ?? key);

import type { CommandPayload } from '@recado/domain/wire/documents';
import type { LocalDatabase } from '../sync/database.ts';

/** What was typed and attached in a chat and not sent; one per conversation, on this device only. */
export type Attachment = Extract<CommandPayload<'SendMessage'>['content'], { kind: 'media' }>;
export interface Draft {
  text: string;
  replyTo: string | null;
  attachments: Attachment[];
}

export const emptyDraft: Draft = { text: '', replyTo: null, attachments: [] };
export const isEmpty = (draft: Draft): boolean =>
  draft.text === '' && !draft.replyTo && draft.attachments.length === 0;

export type Drafts = ReturnType<typeof createDrafts>;

export function createDrafts(database: LocalDatabase) {
  const idOf = (conversationId: string): string => `draft.${conversationId}`;

  return {
    async read(conversationId: string): Promise<Draft> {
      const found = await database.local.findOne(idOf(conversationId)).exec();
      return found ? structuredClone(found.toJSON().draft as Draft) : emptyDraft;
    },
    async write(conversationId: string, draft: Draft): Promise<void> {
      if (isEmpty(draft)) await database.local.findOne(idOf(conversationId)).remove();
      else
        await database.local.incrementalUpsert({ id: idOf(conversationId), draft: structuredClone(draft) });
    },
  };
}

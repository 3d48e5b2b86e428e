import type { ConvDoc, MsgDoc } from '@recado/domain/wire/documents';
import type { Dictionary } from '../i18n/es.ts';

/** One line for a message, its kind named in the user's language where it has no words of its own. */
export function contentLine(content: MsgDoc['content'], t: Dictionary): string {
  switch (content.kind) {
    case 'text':
      return content.body;
    case 'media': {
      const voice = 'voice' in content && content.voice;
      return content.caption || content.filename || t.kinds[voice ? 'voice' : content.mediaType] || '';
    }
    case 'choice':
      return content.title;
    case 'location':
      return content.name ?? content.address ?? t.kinds.location!;
    case 'contacts':
      return content.contacts.map((contact) => contact.name).join(', ');
    case 'system':
      return content.body ?? t.kinds.system!;
    case 'order':
      return content.text ?? t.kinds.order!;
    default:
      return t.kinds[content.kind] ?? t.kinds.unsupported!;
  }
}

export const lastLine = (last: NonNullable<ConvDoc['lastMessage']>, t: Dictionary): string =>
  last.preview ?? t.kinds[last.kind] ?? t.kinds.text!;

export const nameOf = (conv: Pick<ConvDoc, 'contactName' | 'contactPhone'>, t: Dictionary): string =>
  conv.contactName?.trim() || conv.contactPhone || t.common.unknown;

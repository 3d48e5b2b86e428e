/**
 * What goes along with every send as `biz_opaque_callback_data` and comes back in its statuses (at most 512
 * characters): `<conversationId>|<attemptId>`.
 */
export interface SendReference {
  conversationId: string;
  attemptId: string;
}

export const sendReference = ({ conversationId, attemptId }: SendReference): string =>
  `${conversationId}|${attemptId}`;

export function parseSendReference(text: string | undefined): SendReference | null {
  const [conversationId, attemptId, ...rest] = text?.split('|') ?? [];
  if (!conversationId || !attemptId || rest.length > 0 || attemptId.length > 200) return null;
  return { conversationId, attemptId };
}

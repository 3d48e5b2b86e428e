/** What a customer's phone shows. */

export type DeliveryStatus = 'accepted' | 'sent' | 'delivered' | 'read' | 'failed';

export type PhoneMessage = {
  id: string;
  phoneNumberId: string;
  /** The customer's phone, digits. */
  customer: string;
  /** Seen from the customer: `out` was written by the customer, `in` came from the business. */
  direction: 'in' | 'out';
  /** ISO 8601. */
  at: string;
  kind: string;
  text?: string;
  media?: { id?: string; link?: string; mimeType?: string; filename?: string; voice?: boolean };
  header?: string;
  footer?: string;
  buttons?: { id: string; title: string }[];
  list?: {
    button: string;
    sections: { title?: string; rows: { id: string; title: string; description?: string }[] }[];
  };
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  /** Id of the message that is quoted. */
  quoted?: string;
  /** Message written by the customer: 1 = sent, 2 = the webhook was acknowledged. */
  ticks?: 1 | 2;
  /** Message written by the customer: the business marked it as read. */
  seen?: boolean;
  /** Message from the business: the last status that was told to the business. */
  status?: DeliveryStatus;
  reactions?: { customer?: string; business?: string };
  edited?: boolean;
  revoked?: boolean;
  /** What the send passed as biz_opaque_callback_data; not shown. */
  opaque?: string;
  category?: string;
};

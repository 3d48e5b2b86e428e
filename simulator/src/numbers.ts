/** A business number as Meta knows it, with the secrets its app would hold. */
export type BusinessNumber = {
  phoneNumberId: string;
  /** WhatsApp business account the number belongs to. */
  wabaId: string;
  displayPhone: string;
  /** Signs webhooks. */
  appSecret: string;
  /** Expected as the Bearer token of every Graph API call. */
  accessToken: string;
  verifiedName?: string;
};

export const demoNumber: BusinessNumber = {
  phoneNumberId: '100000000000001',
  wabaId: '200000000000001',
  displayPhone: '+57 300 555 0100',
  appSecret: 'demo-app-secret',
  accessToken: 'demo-access-token',
  verifiedName: 'Recado Demo',
};

export const digitsOf = (phone: string): string => phone.replace(/\D/g, '');

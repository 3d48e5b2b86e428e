/**
 * One person, two spellings: Brazil added a ninth digit to mobile numbers and Mexico dropped the 1 after its
 * country code, and WhatsApp still uses the old form for accounts that registered before. Both are aliases.
 *
 * Input and output in E.164 (`+5511987654321`); the number itself comes first.
 */
export function phoneVariants(phone: string): string[] {
  const other = otherSpelling(phone);
  return other === null ? [phone] : [phone, other];
}

function otherSpelling(phone: string): string | null {
  // Only what began with 6–9 was a mobile number before the ninth digit: landlines stay as they are.
  const brazilNew = /^\+55(\d{2})9([6-9]\d{7})$/.exec(phone);
  if (brazilNew) return `+55${brazilNew[1]}${brazilNew[2]}`;
  const brazilOld = /^\+55(\d{2})([6-9]\d{7})$/.exec(phone);
  if (brazilOld) return `+55${brazilOld[1]}9${brazilOld[2]}`;
  const mexicoOld = /^\+521(\d{10})$/.exec(phone);
  if (mexicoOld) return `+52${mexicoOld[1]}`;
  const mexicoNew = /^\+52(\d{10})$/.exec(phone);
  if (mexicoNew) return `+521${mexicoNew[1]}`;
  return null;
}

/** `573005550100`, `+57 300 555 0100` → `+573005550100`; null when it cannot be a phone number. */
export function e164(text: string): string | null {
  const compact = text.replace(/[\s().-]/g, '');
  return /^\+?[1-9]\d{4,18}$/.test(compact) ? `+${compact.replace('+', '')}` : null;
}

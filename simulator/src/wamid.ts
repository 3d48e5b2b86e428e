/**
 * Message ids with the look of WhatsApp's: `wamid.` and the base64 of a small binary record that holds the
 * customer's number and a hexadecimal id. They carry `=`, `+` and `/`, as real ones do, so that whoever uses one
 * in a URL or a document id without escaping finds out here.
 */
export const wamidOf = (phone: string, direction: 'inbound' | 'outbound', uniqueHex: string): string => {
  const number = Buffer.from(phone, 'latin1');
  const id = Buffer.from(uniqueHex, 'latin1');
  const bytes = Buffer.concat([
    Buffer.from([0x1c, 0x18, number.length]),
    number,
    Buffer.from([0x15, 0x02, 0x00, direction === 'inbound' ? 0x12 : 0x11, 0x18, id.length]),
    id,
    Buffer.from([0x00]),
  ]);
  return `wamid.${bytes.toString('base64')}`;
};

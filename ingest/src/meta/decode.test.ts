import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inboundContentSchema } from '@recado/domain/conversation/content';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode } from './decode.ts';
import type { Update } from './update.ts';

const folder = join(import.meta.dirname, 'fixtures');
const fixture = (name: string): unknown => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
const only = <Kind extends Update['kind']>(name: string, kind: Kind): Update & { kind: Kind } => {
  const [update, ...others] = decode(fixture(name));
  expect(others).toEqual([]);
  expect(update?.kind).toBe(kind);
  return update as Update & { kind: Kind };
};
const contentOf = (name: string) => only(name, 'message').content;
const describeUpdate = (update: Update): string => {
  if (update.kind === 'parked') return `parked ${update.reason}`;
  if (update.kind === 'status') return `status ${update.status}`;
  return 'content' in update ? `${update.kind} ${update.content.kind}` : update.kind;
};

/** Every fixture, and what it becomes. */
const expected: Record<string, string[]> = {
  text: ['message text'],
  'text-numeric-timestamp': ['message text'],
  'text-quoting': ['message text'],
  'text-forwarded': ['message text'],
  'text-from-ad': ['message text'],
  'text-without-type': ['message text'],
  'text-without-field': ['message text'],
  'text-without-phone': ['message text'],
  'text-brazil-two-spellings': ['message text'],
  'text-two-senders': ['message text', 'message text'],
  image: ['message media'],
  'image-hex-hash': ['message media'],
  'image-without-id': ['message media'],
  video: ['message media'],
  'voice-note': ['message media'],
  document: ['message media'],
  sticker: ['message media'],
  location: ['message location'],
  'location-unreadable': ['message unsupported'],
  contacts: ['message contacts'],
  'button-reply': ['message choice'],
  'list-reply': ['message choice'],
  'template-quick-reply': ['message choice'],
  form: ['message form'],
  'form-not-json': ['message form'],
  'call-permission': ['message call'],
  'interactive-missing': ['message unsupported'],
  order: ['message order'],
  'order-unreadable': ['message unsupported'],
  reaction: ['reaction'],
  'reaction-removed-empty': ['reaction'],
  'reaction-removed-absent': ['reaction'],
  'reaction-without-target': ['parked no_target'],
  edit: ['edit text'],
  revoke: ['revoke'],
  'system-number-changed': ['message system'],
  'system-user-id-changed': ['message system'],
  'system-identity-changed': ['message system'],
  'request-welcome': ['message system'],
  unsupported: ['message unsupported'],
  'unknown-type': ['message unsupported'],
  'group-message': ['parked group'],
  'message-without-id': ['parked no_message_id'],
  'message-from-nobody': ['parked no_party'],
  'message-not-an-object': ['parked malformed', 'parked malformed'],
  'without-metadata': ['message text'],
  echo: ['echo text'],
  'echo-revoke': ['revoke'],
  'status-sent': ['status sent'],
  'status-delivered': ['status delivered'],
  'status-read': ['status read'],
  'status-played': ['status played'],
  'status-failed': ['status failed'],
  'status-without-phone': ['status delivered'],
  'status-warning': ['parked legacy_status'],
  'status-deleted': ['parked legacy_status'],
  'status-group': ['parked group'],
  'call-from-customer': ['message call'],
  'call-from-company': ['parked call_event'],
  'call-status': ['parked call_event'],
  'errors-only': ['parked provider_errors'],
  'empty-value': ['parked empty_change'],
  'template-status': ['parked unhandled_field'],
  'account-update': ['parked unhandled_field'],
  'user-preferences': ['parked unhandled_field'],
  'user-id-update': ['parked unhandled_field'],
  history: ['parked unhandled_field'],
  'unknown-field': ['parked unhandled_field'],
  'two-changes': ['message text', 'status read'],
  'messages-and-statuses': ['message text', 'status delivered'],
  'entry-an-object': ['message text'],
  'entry-empty-object': ['parked empty_change'],
  'entry-a-word': ['parked malformed'],
  'value-a-word': ['parked malformed'],
  'another-object': ['parked unknown_object'],
  'not-a-webhook': ['parked unknown_object'],
  'a-list': ['parked malformed'],
};

describe('every fixture', () => {
  const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
  test('is listed here', () => {
    expect(names.toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  test.each(names)('%s becomes what it should', (name) => {
    expect(decode(fixture(name)).map(describeUpdate)).toEqual(expected[name]);
  });

  test.each(names)(
    '%s gives content of the contract, and each update again from its own raw form',
    (name) => {
      for (const update of decode(fixture(name))) {
        if ('content' in update) expect(inboundContentSchema.parse(update.content)).toEqual(update.content);
        if (update.kind !== 'parked') expect(decode(update.raw)).toEqual([update]);
      }
    },
  );
});

describe('who a message is from', () => {
  test('all that names the person is an alias, and the phone is where answers go', () => {
    expect(only('text', 'message').party).toEqual({
      aliases: [
        { scheme: 'wa_phone', value: '+573015550101' },
        { scheme: 'wa_bsuid', value: 'CO.7700000000000101' },
        { scheme: 'wa_parent_bsuid', value: 'CO.ENT.8800000000000101' },
      ],
      name: 'Lucía Prieto',
      address: { scheme: 'wa_phone', value: '+573015550101' },
    });
  });

  test('a person without a phone number is known and answered by the business-scoped id', () => {
    const { party } = only('text-without-phone', 'message');
    expect(party.address).toEqual({ scheme: 'wa_bsuid', value: 'CO.7700000000000202' });
    expect(party.aliases).toContainEqual({ scheme: 'wa_username', value: 'nube.azul' });
  });

  test('both spellings of a Brazilian number are aliases; answers go to the one that WhatsApp uses', () => {
    const { party } = only('text-brazil-two-spellings', 'message');
    expect(party.aliases).toEqual([
      { scheme: 'wa_phone', value: '+551187654321' },
      { scheme: 'wa_phone', value: '+5511987654321' },
    ]);
    expect(party.address.value).toBe('+551187654321');
  });

  test('two senders in one batch do not take each other’s identity', () => {
    const parties = decode(fixture('text-two-senders')).map((update) =>
      'party' in update ? update.party : null,
    );
    expect(parties.map((party) => [party?.name, party?.address.value])).toEqual([
      ['Lucía Prieto', '+573015550101'],
      ['Marta Ríos', '+573015550303'],
    ]);
  });

  test('an echo is about the customer it was sent to', () => {
    expect(only('echo', 'echo').party.address.value).toBe('+573015550101');
  });

  test('a changed number is a new alias of the same person', () => {
    expect(only('system-number-changed', 'message').newAliases).toEqual([
      { scheme: 'wa_phone', value: '+573015550999' },
    ]);
    expect(only('system-user-id-changed', 'message').newAliases).toEqual([
      { scheme: 'wa_bsuid', value: 'CO.7700000000000777' },
    ]);
  });
});

describe('what a message says', () => {
  test('timestamps are read as text and as numbers', () => {
    expect(only('text', 'message').occurredAt).toBe('2026-11-20T14:00:00.000Z');
    expect(only('text-numeric-timestamp', 'message').occurredAt).toBe('2026-11-20T14:00:00.000Z');
  });

  test('a hash is hex, whether it came as base64 or as hex', () => {
    const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    expect(contentOf('image')).toMatchObject({
      sha256,
      caption: 'el recibo',
      providerMediaId: '700000000000001',
    });
    expect(contentOf('image-hex-hash')).toMatchObject({ sha256 });
    expect(contentOf('image-without-id')).toEqual({ kind: 'media', mediaType: 'image', mime: 'image/png' });
  });

  test('a form keeps its answer as text, JSON or not', () => {
    expect(contentOf('form')).toMatchObject({ response: '{"cita":"mañana"}' });
    expect(contentOf('form-not-json')).toMatchObject({ response: 'cita=mañana' });
  });

  test('a reaction without emoji takes the reaction away', () => {
    expect(only('reaction', 'reaction').emoji).toBe('👍');
    expect(only('reaction-removed-empty', 'reaction').emoji).toBeNull();
    expect(only('reaction-removed-absent', 'reaction').emoji).toBeNull();
  });

  test('a quote, a forward and an ad are kept', () => {
    expect(only('text-quoting', 'message').replyToProviderId).toBe('wamid.OUT001');
    expect(only('text-forwarded', 'message').forwarded).toBe(true);
    expect(only('text-from-ad', 'message').referral).toMatchObject({ source_id: '9901' });
  });

  test('an error told beside a message says why it is unsupported', () => {
    expect(contentOf('interactive-missing')).toMatchObject({
      type: 'interactive',
      detail: 'unreadable interactive',
    });
    expect(contentOf('unsupported')).toMatchObject({ type: 'poll', detail: 'not supported' });
  });
});

describe('a status', () => {
  test('gives back what was sent along, the price and the recipient', () => {
    expect(only('status-sent', 'status')).toMatchObject({
      opaque: '106000000000042.c1.000001|a-1',
      pricing: { billable: true, model: 'PMP', category: 'service', type: 'regular' },
    });
    expect(only('status-without-phone', 'status').aliases).toEqual([
      { scheme: 'wa_bsuid', value: 'CO.7700000000000202' },
    ]);
  });

  test('of a failure carries its code and detail', () => {
    expect(only('status-failed', 'status').error).toEqual({ code: '131026', detail: 'not on WhatsApp' });
  });
});

test('nothing makes it throw, and nothing becomes nothing', () => {
  const names = Object.keys(expected);
  const broken = fc
    .tuple(fc.constantFrom(...names), fc.array(fc.nat(200), { maxLength: 6 }), fc.jsonValue())
    .map(([name, path, value]) => breakAt(fixture(name), path, value));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), broken), (body) => {
      expect(decode(body).length).toBeGreaterThan(0);
    }),
    { numRuns: 1_500 },
  );
});

/** Puts `value` somewhere inside `body`, following `path` through whatever keys there are. */
function breakAt(body: unknown, path: readonly number[], value: unknown): unknown {
  if (typeof body !== 'object' || body === null || path.length === 0) return value;
  const [step = 0, ...rest] = path;
  const keys = Object.keys(body);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return value;
  const copy = Array.isArray(body) ? [...body] : { ...body };
  (copy as Record<string, unknown>)[key] = breakAt((body as Record<string, unknown>)[key], rest, value);
  return copy;
}

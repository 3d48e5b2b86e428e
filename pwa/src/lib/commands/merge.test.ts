import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CmdDoc, ConvDoc, MsgDoc } from '@recado/domain/wire/documents';
import {
  mergeChat,
  mergeInbox,
  strayMessages,
  tellingCommands,
  waitingCommands,
  withLocal,
  type OwnCommands,
} from './merge.ts';

const command = (n: number, over: Partial<CmdDoc> = {}): CmdDoc => ({
  id: `cmd.device-1.${n}`,
  deviceId: 'device-1',
  n,
  after: null,
  type: 'SendMessage',
  target: 'conversation.a',
  data: { messageId: `own-${n}`, content: { kind: 'text', body: `text ${n}` } },
  createdAt: '2026-01-01T00:00:00.000Z',
  seen: 4,
  status: 'pending',
  ...over,
});
const message = (id: string, over: Partial<MsgDoc> = {}): MsgDoc => ({
  id: `msg.a.${id}`,
  conversationId: 'a',
  messageId: id,
  direction: 'in',
  author: { kind: 'customer', id: 'c' },
  content: { kind: 'text', body: id },
  sortKey: id,
  at: '2026-01-01T00:00:00.000Z',
  replyTo: null,
  reactions: [],
  edited: false,
  revoked: false,
  delivery: null,
  media: null,
  commandId: null,
  version: 1,
  ...over,
});
const conv = (over: Partial<ConvDoc> = {}): ConvDoc =>
  ({
    id: 'conv.a',
    conversationId: 'a',
    phase: 'assigned',
    unread: 2,
    version: 4,
    lastMessage: null,
    ...over,
  }) as ConvDoc;
const own = (over: Partial<OwnCommands> = {}): OwnCommands => ({
  commands: [],
  outgoing: [],
  dismissed: new Set(),
  ...over,
});
const keys = (messages: MsgDoc[], mine: OwnCommands) => mergeChat(messages, mine).map(({ key }) => key);

describe('what the chat shows', () => {
  it('shows own texts after the server’s, in the order they were written, whatever the device’s clock said', () => {
    const mine = own({
      commands: [command(2, { createdAt: '1999-01-01T00:00:00.000Z' })],
      outgoing: [command(3), command(1)],
    });
    expect(keys([message('b'), message('a')], mine)).toEqual(['a', 'b', 'own-1', 'own-2', 'own-3']);
  });

  it('lets an own bubble give way to the server’s message for the same command, or with the same id', () => {
    const mine = own({ commands: [command(1, { status: 'accepted' }), command(2)] });
    expect(keys([message('x', { commandId: 'cmd.device-1.1' }), message('own-2')], mine)).toEqual([
      'own-2',
      'x',
    ]);
  });

  it('keeps showing an accepted text until its message arrives', () => {
    expect(keys([], own({ commands: [command(1, { status: 'accepted' })] }))).toEqual(['own-1']);
  });

  it('keeps refused texts until the person puts them aside', () => {
    const refused = [command(1, { status: 'rejected' }), command(2, { status: 'review' })];
    expect(keys([], own({ commands: refused }))).toEqual(['own-1', 'own-2']);
    expect(keys([], own({ commands: refused, dismissed: new Set(['cmd.device-1.1']) }))).toEqual(['own-2']);
  });

  it('shows a command once while it is in both places, as the server knows it', () => {
    const mine = own({ commands: [command(1, { status: 'review' })], outgoing: [command(1)] });
    expect(mergeChat([], mine)).toMatchObject([{ own: { standing: 'review' } }]);
  });

  it('says that a file is being uploaded only while its command is held back', () => {
    const content = {
      kind: 'media',
      mediaType: 'image',
      mediaHash: 'f'.repeat(64),
      mime: 'image/png',
      bytes: 1,
    };
    const file = command(1, { data: { messageId: 'own-1', content } });
    expect(mergeChat([], own({ outgoing: [file] }))).toMatchObject([{ own: { standing: 'uploading' } }]);
    expect(mergeChat([], own({ commands: [file] }))).toMatchObject([{ own: { standing: 'pending' } }]);
  });

  it('depends on what there is, never on the order it came in, and loses nothing', () => {
    const status = fc.constantFrom<CmdDoc['status'][]>('pending', 'accepted', 'rejected', 'review');
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 30 }), status, fc.boolean()), {
          selector: ([n]) => n,
        }),
        fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.option(fc.integer({ min: 1, max: 30 }))), {
          selector: ([id]) => id,
        }),
        fc.infiniteStream(fc.nat()),
        (sent, received, dice) => {
          const shuffled = <T>(items: T[]): T[] =>
            items
              .map((item) => [dice.next().value as number, item] as const)
              .sort((a, b) => a[0] - b[0])
              .map(([, item]) => item);
          const commands = sent
            .filter(([, , held]) => !held)
            .map(([n, state]) => command(n, { status: state }));
          const outgoing = sent.filter(([, , held]) => held).map(([n]) => command(n));
          const messages = received.map(([id, n]) =>
            message(id, n ? { commandId: `cmd.device-1.${n}` } : {}),
          );
          const once = keys(messages, own({ commands, outgoing }));
          expect(
            keys(shuffled(messages), own({ commands: shuffled(commands), outgoing: shuffled(outgoing) })),
          ).toEqual(once);
          const answered = new Set(received.flatMap(([, n]) => (n ? [n] : [])));
          expect(once).toHaveLength(messages.length + sent.filter(([n]) => !answered.has(n)).length);
        },
      ),
    );
  });
});

describe('what the list shows', () => {
  it('shows the text on its way instead of the last message', () => {
    expect(mergeInbox([conv()], own({ outgoing: [command(1), command(2)] }))[0]?.own?.command.n).toBe(2);
  });
  it('counts texts that need a decision', () => {
    const commands = [command(1, { status: 'review' }), command(2, { status: 'rejected' }), command(3)];
    expect(mergeInbox([conv()], own({ commands }))[0]?.attention).toBe(2);
  });
  it('takes a chat for read as soon as it was, until something newer comes', () => {
    const seen = command(1, { type: 'MarkSeen', data: { upToMessageId: 'm' }, seen: 4 });
    expect(mergeInbox([conv()], own({ outgoing: [seen] }))[0]?.unread).toBe(0);
    const newer = conv({
      version: 6,
      lastMessage: { messageId: 'n', direction: 'in', kind: 'text', preview: '' },
    });
    expect(mergeInbox([newer], own({ outgoing: [seen] }))[0]?.unread).toBe(2);
  });
  it('says what was asked for until the server has confirmed it', () => {
    const close = command(1, { type: 'CloseConversation', data: { reason: 'resolved' } });
    expect(mergeInbox([conv()], own({ outgoing: [close] }))[0]?.leaving).toBe('closing');
    expect(
      mergeInbox([conv()], own({ commands: [{ ...close, status: 'rejected' }] }))[0]?.leaving,
    ).toBeNull();
  });
  it('finds refused texts whose conversation has gone', () => {
    const commands = [
      command(1, { status: 'review' }),
      command(2, { status: 'review', target: 'conversation.gone' }),
      command(3, { target: 'conversation.gone' }),
    ];
    expect(strayMessages([conv()], own({ commands })).map((each) => each.command.n)).toEqual([2]);
  });
});

it('counts what the person did and has no answer, not that they have seen a chat', () => {
  const commands = [
    command(1),
    command(2, { status: 'accepted' }),
    command(3, { type: 'SetStatus' }),
    command(5, { type: 'MarkSeen' }),
  ];
  expect(waitingCommands(own({ commands, outgoing: [command(3), command(4)] })).map(({ n }) => n)).toEqual([
    1, 3, 4,
  ]);
});
it('leaves out old acceptances but never a refusal or something undecided', () => {
  const commands = [9, 8, 7, 6, 5].map((n) =>
    command(n, { status: n === 6 ? 'review' : n === 5 ? 'pending' : 'accepted' }),
  );
  expect(tellingCommands(commands, 2).map(({ n }) => n)).toEqual([9, 8, 6, 5]);
});
it('prefers the local state of a message to the fetched one', () => {
  const local = message('m', { edited: true });
  expect(withLocal([message('m'), message('older')], [local])).toEqual([message('older'), local]);
});

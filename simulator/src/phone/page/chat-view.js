/** Draws messages. Text is only ever set as text, never as HTML. */
import { element, icon } from './dom.js';
import { language, words } from './words.js';

const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });
const whole = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'medium' });
const dayName = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', year: 'numeric' });

export const timeOf = (iso) => clock.format(new Date(iso));

const dayOf = (iso) => {
  const day = new Date(iso).toDateString();
  if (day === new Date().toDateString()) return words.today;
  if (day === new Date(Date.now() - 86_400_000).toDateString()) return words.yesterday;
  return dayName.format(new Date(iso));
};

/** `+57 300 111 2233`: enough to be read aloud; countries group digits in many ways. */
export const phoneNumber = (digits) => {
  const country = /^(1|5[1-9]|3[0-69]|4[013-9])/.exec(digits)?.[0] ?? '';
  const rest = digits.slice(country.length);
  const groups = country === '55' ? [2, 7] : [3, 6];
  const parts = [rest.slice(0, groups[0]), rest.slice(...groups), rest.slice(groups[1])];
  return [`+${country}`, ...parts].filter(Boolean).join(' ');
};

/** One line that stands for a message in lists and quotes. */
export const summaryOf = (message) => {
  if (message.revoked) return words.revoked;
  return message.text || message.media?.filename || words.kinds[message.kind] || message.kind;
};

const ticksOf = (message) => {
  const [path, state] =
    message.ticks === 2 || message.seen
      ? ['M2 12.5l4.5 4.5L15 7.5M11 16l1 1 9.5-9.5', message.seen ? 'seen' : 'received']
      : ['M6 12.5l4.5 4.5L19 7.5', 'sent'];
  const svg = icon(path, words[state]);
  svg.setAttribute('class', `ticks ${state}`);
  svg.setAttribute('data-ticks', state);
  return svg;
};

const mediaOf = ({ kind, media, text }) => {
  if (!media) return undefined;
  const label = media.filename || words.kinds[kind] || kind;
  const source = media.id && `/_sim/media/${media.id}`;
  if (source && (kind === 'image' || kind === 'sticker')) {
    return element('img.picture', { src: source, alt: text || label });
  }
  if (source && kind === 'video')
    return element('video.picture', { src: source, controls: true, 'aria-label': label });
  if (source && kind === 'audio')
    return element('audio', { src: source, controls: true, 'aria-label': label });
  const href = source || media.link;
  return element(
    'a.file',
    { href, target: '_blank', rel: 'noreferrer' },
    icon('M6 3h8l4 4v14H6zM14 3v4h4'),
    element('span', {}, label),
  );
};

const placeOf = ({ location }) =>
  location &&
  element(
    'div.place',
    {},
    icon(
      'M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.5C5 14.800 12 21 12 21zM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
    ),
    element('span', {}, location.name || `${location.latitude.toFixed(5)}, ${location.longitude.toFixed(5)}`),
  );

const choicesOf = (message, { tap }) => {
  const choice = (title, description, chosen) =>
    element(
      'button.choice',
      { type: 'button', onclick: () => tap(message, chosen) },
      element('span', {}, title),
      description && element('small', {}, description),
    );
  if (message.buttons?.length) {
    const quick = message.kind === 'template';
    return element(
      'div.choices',
      {},
      ...message.buttons.map(({ id, title }) =>
        choice(
          title,
          undefined,
          quick ? { quickReply: { payload: id, text: title } } : { button: { id, title } },
        ),
      ),
    );
  }
  if (!message.list) return undefined;
  return element(
    'details.choices',
    {},
    element('summary', {}, message.list.button),
    ...message.list.sections.flatMap((section) => [
      section.title && element('strong.section', {}, section.title),
      ...section.rows.map(({ id, title, description }) =>
        choice(title, description, { row: { id, title, description } }),
      ),
    ]),
  );
};

/**
 * A message as a list item.
 * `actions`: `find(id)` another message, `tap(message, content)` a button, `openMenu(message, button)`.
 */
export const messageItem = (message, actions) => {
  const mine = message.direction === 'out';
  const quoted = message.quoted && actions.find(message.quoted);
  const time = element(
    'time',
    { datetime: message.at, title: whole.format(new Date(message.at)) },
    timeOf(message.at),
  );
  const foot = element(
    'span.foot',
    {},
    message.edited && element('span', {}, words.edited),
    time,
    mine && ticksOf(message),
  );
  const content = message.revoked
    ? [element('p.revoked', {}, words.revoked)]
    : [
        message.quoted &&
          element(
            'div.quoted',
            {},
            quoted && element('strong', {}, quoted.direction === 'out' ? words.you : actions.businessName()),
            element('span', {}, quoted ? summaryOf(quoted) : words.quotedMissing),
          ),
        message.header && element('strong.header', {}, message.header),
        mediaOf(message),
        placeOf(message),
        message.text && element('p.text', { dir: 'auto' }, message.text),
        !message.text &&
          !message.media &&
          !message.location &&
          element('p.text', {}, words.kinds[message.kind] || message.kind),
        message.footer && element('p.footer', {}, message.footer),
      ];
  const given = Object.values(message.reactions ?? {}).filter(Boolean);
  const options = element(
    'button.options',
    {
      type: 'button',
      'aria-label': words.optionsOf(summaryOf(message).slice(0, 60)),
      onclick: (event) => actions.openMenu(message, event.currentTarget),
    },
    icon('M6 12h.01M12 12h.01M18 12h.01'),
  );
  return element(
    'li.message',
    {
      'data-testid': 'phone-message',
      'data-direction': message.direction,
      'data-id': message.id,
      'data-status': message.status ?? (message.seen ? 'seen' : message.ticks === 2 ? 'received' : 'sent'),
    },
    element(
      'div.bubble',
      {},
      ...content.filter(Boolean),
      foot,
      given.length > 0 &&
        element(
          'span.reactions',
          { role: 'img', 'aria-label': `${words.reactions}: ${given.join(' ')}` },
          [...new Set(given)].join(''),
        ),
    ),
    !message.revoked && options,
    !message.revoked && choicesOf(message, actions),
  );
};

export const dayItem = (iso) => element('li.day', {}, element('span', {}, dayOf(iso)));
export const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

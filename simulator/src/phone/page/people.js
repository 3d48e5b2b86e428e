/** The customers: their list, and the dialog that makes a new one. */
import { summaryOf, timeOf } from './chat-view.js';
import { $, element } from './dom.js';
import { words } from './words.js';

const shownPeople = 200;

const initials = (name) =>
  name
    .replace(/[^\p{L}\p{N} ]/gu, '')
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => word[0].toUpperCase())
    .join('') || '?';

const tone = (phone) => [...phone].reduce((sum, digit) => sum + digit.charCodeAt(0), 0) % 6;

const personItem = (someone, current, choose) => {
  const last = someone.lastMessage;
  const unread = last?.direction === 'in' && last.status !== 'read' && someone.phone !== current;
  return element(
    'li',
    {},
    element(
      'button.person',
      {
        type: 'button',
        'aria-current': someone.phone === current ? 'true' : undefined,
        'data-phone': someone.phone,
        onclick: () => choose(someone.phone),
      },
      element(`span.avatar.tone-${tone(someone.phone)}`, { 'aria-hidden': 'true' }, initials(someone.name)),
      element(
        'span.who',
        {},
        element(
          'span.name',
          {},
          element('bdi', {}, someone.name),
          last && element('time', { datetime: last.at }, timeOf(last.at)),
        ),
        element(
          'span.preview',
          {},
          element('bdi', {}, last ? summaryOf(last) : words.newChat),
          unread && element('span.dot', { role: 'img', 'aria-label': words.unread }),
        ),
      ),
    ),
  );
};

/** Draws at most once per frame: under load, events come faster than anybody can look. */
export const createPeopleList = ({ people, current, choose }) => {
  let drawing = false;
  const draw = () => {
    drawing = false;
    const focused = document.activeElement?.dataset?.phone;
    const latest = [...people.values()].sort((a, b) =>
      (b.lastMessage?.at ?? '~').localeCompare(a.lastMessage?.at ?? '~'),
    );
    const items = latest.slice(0, shownPeople).map((someone) => personItem(someone, current(), choose));
    $('people').replaceChildren(...items);
    if (focused) $('people').querySelector(`[data-phone="${focused}"]`)?.focus();
  };
  return () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(draw);
  };
};

const suggestPhone = () =>
  `+57 30${1 + Math.floor(Math.random() * 9)} ${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;

/** The dialog that makes a customer; `create(phone, patch)` does it. */
export const createNewCustomerDialog = ({ create }) => {
  $('new-customer').addEventListener('click', () => {
    $('customer-form').reset();
    $('customer-phone').value = suggestPhone();
    $('customer-dialog').showModal();
  });
  $('customer-cancel').addEventListener('click', () => $('customer-dialog').close());
  $('customer-form').addEventListener('submit', () => {
    const name = $('customer-name').value.trim();
    const phone = $('customer-phone').value.replace(/\D/g, '');
    const hidden = $('customer-hidden').checked;
    const username = hidden ? name.toLowerCase().replace(/[^a-z0-9]+/g, '.') || 'anon' : undefined;
    create(phone, { name, withoutPhone: hidden, username });
  });
};

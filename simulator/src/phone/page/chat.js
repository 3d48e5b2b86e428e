/** The messages of the chat on screen. */
import { dayItem, messageItem, sameDay } from './chat-view.js';
import { $ } from './dom.js';

/** `actions` as in messageItem, but `find`, which the chat knows itself. */
export const createChat = (given) => {
  let messages = new Map();
  const actions = { ...given, find: (id) => messages.get(id) };

  /** The chat stays at its end, also when a picture loads late, unless the reader scrolled up. */
  let atEnd = true;
  const toEnd = () => {
    atEnd = true;
    $('scroll').scrollTop = $('scroll').scrollHeight;
  };
  const keepAtEnd = () => atEnd && toEnd();
  $('scroll').addEventListener('scroll', () => {
    const { scrollHeight, scrollTop, clientHeight } = $('scroll');
    atEnd = scrollHeight - scrollTop - clientHeight < 120;
  });
  $('messages').addEventListener('load', keepAtEnd, { capture: true });
  new ResizeObserver(keepAtEnd).observe($('scroll'));

  let latest;
  const append = (message) => {
    messages.set(message.id, message);
    if (!latest || !sameDay(latest.at, message.at)) $('messages').append(dayItem(message.at));
    latest = message;
    const item = messageItem(message, actions);
    $('messages').append(item);
    $('empty').hidden = true;
    return item;
  };

  return {
    has: (id) => messages.has(id),
    hasUnread: () =>
      [...messages.values()].some(({ direction, status }) => direction === 'in' && status !== 'read'),
    /** Shows these and no others. */
    show: (all, { loading = false } = {}) => {
      messages = new Map();
      latest = undefined;
      $('messages').replaceChildren();
      all.forEach(append);
      $('empty').hidden = loading || all.length > 0;
      toEnd();
    },
    /** A message that is new, or has changed. */
    put: (message) => {
      if (messages.has(message.id)) {
        messages.set(message.id, message);
        const item = $('messages').querySelector(`[data-id="${CSS.escape(message.id)}"]`);
        const hadFocus = item?.contains(document.activeElement);
        const drawn = messageItem(message, actions);
        item?.replaceWith(drawn);
        if (hadFocus) drawn.querySelector('.options')?.focus();
        keepAtEnd();
        return;
      }
      const follow = atEnd || message.direction === 'out';
      append(message).classList.add('arriving');
      if (follow) toEnd();
    },
  };
};

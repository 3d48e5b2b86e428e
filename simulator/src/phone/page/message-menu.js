/** The menu of a message: react or reply. */
import { $, element } from './dom.js';
import { words } from './words.js';

const emojis = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** Returns `open(message, button)`. */
export const createMessageMenu = ({ react, reply }) => {
  const menu = $('message-menu');
  let message;

  const close = () => menu.hidePopover();
  const reaction = (emoji) => {
    const onclick = () => {
      close();
      // The same emoji again takes it back.
      react(message, message.reactions?.customer === emoji ? '' : emoji);
    };
    return element('button', { type: 'button', 'aria-label': words.reactWith(emoji), onclick }, emoji);
  };
  $('menu-emojis').append(...emojis.map(reaction));
  $('menu-reply').addEventListener('click', () => {
    close();
    reply(message);
  });

  return (chosen, button) => {
    message = chosen;
    menu.showPopover();
    const { left, right, bottom, top } = button.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    const x = message.direction === 'out' ? right - width : left;
    menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
    menu.style.top = `${bottom + height > innerHeight - 8 ? top - height : bottom}px`;
    menu.querySelector('button').focus();
  };
};

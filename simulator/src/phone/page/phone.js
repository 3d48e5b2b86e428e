/** The phone page: who is writing, to which number, and what arrives. Each part of the screen has a file of its own. */
import { phoneNumber } from './chat-view.js';
import { createChat } from './chat.js';
import { createComposer } from './composer.js';
import { $, element } from './dom.js';
import { createLoadSwitch } from './load-switch.js';
import { createMessageMenu } from './message-menu.js';
import { createNewCustomerDialog, createPeopleList } from './people.js';
import { api, listen } from './simulator-api.js';
import { fillInWords, words } from './words.js';

fillInWords();

const firstCustomer = { phone: '573001112233', name: 'Laura Gómez' };
const state = { numbers: [], phoneNumberId: '', phone: '', people: new Map() };

const business = () => state.numbers.find((number) => number.phoneNumberId === state.phoneNumberId);
const businessName = () => business()?.verifiedName ?? business()?.displayPhone ?? '';

const write = (phone, content) =>
  api.write(phone, { ...content, name: state.people.get(phone)?.name, phoneNumberId: state.phoneNumberId });

const composer = createComposer({ write, businessName });
const notSent = () => composer.setProblem(words.notSent);
const openMenu = createMessageMenu({
  react: ({ id }, emoji) => void write(state.phone, { reaction: { messageId: id, emoji } }).catch(notSent),
  reply: composer.setQuote,
});
const chat = createChat({
  businessName,
  openMenu,
  tap: ({ id }, chosen) => void write(state.phone, { ...chosen, replyTo: id }).catch(notSent),
});
const drawLoad = createLoadSwitch({ phoneNumberId: () => state.phoneNumberId, failed: notSent });
const drawPeople = createPeopleList({
  people: state.people,
  current: () => state.phone,
  choose: (phone) => void choose(phone),
});

const drawHead = () => {
  const someone = state.people.get(state.phone);
  $('whose').textContent = someone ? words.whose(someone.name, phoneNumber(someone.phone)) : '';
  $('business-name').textContent = businessName();
};

let typingTimer;
/** Shows that somebody is typing until then; without a time, the number again. */
const showTyping = (until) => {
  clearTimeout(typingTimer);
  const left = until ? Date.parse(until) - Date.now() : 0;
  $('business-state').textContent = left > 0 ? words.typing : (business()?.displayPhone ?? '');
  $('business-state').classList.toggle('typing', left > 0);
  if (left > 0) typingTimer = setTimeout(showTyping, left);
};

const showView = (view) => {
  $('desk').dataset.view = view;
};

/** Whoever has the chat before their eyes reads what arrives. */
const readIfLooking = () => {
  const chatIsShown = $('desk').dataset.view === 'chat' || matchMedia('(min-width: 760px)').matches;
  if (!chatIsShown || document.hidden || !chat.hasUnread()) return;
  void api.read(state.phone, state.phoneNumberId).catch(() => {});
};

const loadMessages = async () => {
  const { phone, phoneNumberId } = state;
  const messages = await api.messages(phone, phoneNumberId);
  if (phone !== state.phone || phoneNumberId !== state.phoneNumberId) return;
  chat.show(messages);
  readIfLooking();
};

const choose = async (phone) => {
  state.phone = phone;
  chat.show([], { loading: true });
  composer.takeUp(phone);
  history.replaceState(null, '', `${location.search}#${phone}`);
  showView('chat');
  showTyping();
  drawHead();
  drawPeople();
  // On a touch screen the focus would bring up the keyboard.
  if (matchMedia('(hover: hover)').matches) $('text').focus();
  await loadMessages().catch(() => {});
};

const know = (customer) => {
  state.people.set(customer.phone, { ...state.people.get(customer.phone), ...customer });
};

createNewCustomerDialog({
  create: (phone, patch) =>
    void api
      .change(phone, patch)
      .then((customer) => {
        know(customer);
        return choose(phone);
      })
      .catch(notSent),
});

$('back').addEventListener('click', () => {
  showView('people');
  $('people').querySelector('button')?.focus();
});

const heardMessage = (message) => {
  if (message.phoneNumberId !== state.phoneNumberId) return;
  const someone = state.people.get(message.customer);
  const last = someone?.lastMessage;
  if (someone && (!last || last.id === message.id || last.at <= message.at)) {
    someone.lastMessage = message;
    drawPeople();
  }
  if (message.customer !== state.phone) return;
  if (message.direction === 'in' && !chat.has(message.id)) showTyping();
  chat.put(message);
  readIfLooking();
};

const heard = (event) => {
  if (event.type === 'message') heardMessage(event.message);
  if (event.type === 'customer') {
    know(event.customer);
    drawHead();
    drawPeople();
  }
  if (
    event.type === 'typing' &&
    event.customer === state.phone &&
    event.phoneNumberId === state.phoneNumberId
  ) {
    showTyping(event.until);
  }
};

const loadPeople = async () => {
  const people = await api.customers(state.phoneNumberId);
  for (const someone of state.people.values()) delete someone.lastMessage;
  people.forEach(know);
  drawHead();
  drawPeople();
};

/** After a gap, and when the number changes: everything anew. */
const refresh = async () => {
  await loadPeople();
  drawLoad((await api.stats()).load);
  await loadMessages();
};

document.addEventListener('visibilitychange', readIfLooking);
$('number').addEventListener('change', () => {
  state.phoneNumberId = $('number').value;
  showTyping();
  void refresh().catch(() => {});
});

/** `#573001112233` in the address names who has the phone; anybody can be named. */
const askedFor = () => {
  const phone = location.hash.slice(1).replace(/\D/g, '');
  if (phone.length < 5 || phone.length > 20) return undefined;
  if (!state.people.has(phone)) know({ phone, name: phoneNumber(phone) });
  return phone;
};
addEventListener('hashchange', () => {
  const phone = askedFor();
  if (phone && phone !== state.phone) void choose(phone);
});

const start = async () => {
  state.numbers = await api.numbers();
  state.phoneNumberId = state.numbers[0]?.phoneNumberId ?? '';
  $('number').hidden = state.numbers.length < 2;
  $('number').append(
    ...state.numbers.map((number) => element('option', { value: number.phoneNumberId }, number.displayPhone)),
  );
  await loadPeople();
  const asked = askedFor();
  // Somebody is always ready to write: nobody should fill in a form before the first "hola".
  if (state.people.size === 0) know(firstCustomer);
  const [latest] = [...state.people.values()].sort((a, b) =>
    (b.lastMessage?.at ?? '').localeCompare(a.lastMessage?.at ?? ''),
  );
  await choose(asked ?? latest.phone);
  listen({
    opened: () => {
      $('offline').hidden = true;
      void refresh().catch(() => {});
    },
    lost: () => ($('offline').hidden = false),
    heard,
  });
};

void start().catch(() => {
  $('offline').hidden = false;
  setTimeout(() => location.reload(), 2000);
});

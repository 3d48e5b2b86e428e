/** Where the customer writes: text, a quote, a picture. What could not be sent stays in the box. */
import { summaryOf } from './chat-view.js';
import { $ } from './dom.js';
import { words } from './words.js';

const maxPicture = 5 * 1024 * 1024;
const tallest = 132;

const base64Of = (file) =>
  new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).split(',')[1]);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });

/** `write(content)` sends as whoever has the phone now; `businessName()` names the other side. */
export const createComposer = ({ write, businessName }) => {
  const drafts = new Map();
  let phone = '';
  let quoted;
  let picture;

  const setProblem = (text) => {
    $('problem').hidden = !text;
    $('problem').textContent = text ?? '';
  };

  const setText = (text) => {
    $('text').value = text;
    $('text').style.height = 'auto';
    $('text').style.height = `${Math.min($('text').scrollHeight, tallest)}px`;
  };

  const setQuote = (message) => {
    quoted = message;
    $('quote').hidden = !message;
    if (!message) return;
    $('quote-author').textContent = message.direction === 'out' ? words.you : businessName();
    $('quote-text').textContent = summaryOf(message);
    $('text').focus();
  };

  const setPicture = (file) => {
    if (picture) URL.revokeObjectURL($('picture-preview').src);
    const refused = file && (!/^image\/(png|jpeg)$/.test(file.type) || file.size > maxPicture);
    setProblem(refused ? words.notAPicture : undefined);
    picture = refused ? undefined : file;
    $('picture').hidden = !picture;
    $('file').value = '';
    if (!picture) return;
    $('picture-preview').src = URL.createObjectURL(picture);
    $('picture-name').textContent = picture.name;
    $('text').focus();
  };

  const contentOf = async (text, file, replyTo) => {
    if (!file) return { text, replyTo };
    const data = await base64Of(file);
    return { media: { kind: 'image', mimeType: file.type, data, caption: text || undefined }, replyTo };
  };

  // One after the other, so that two quick messages keep their order.
  let line = Promise.resolve();
  const submit = () => {
    const text = $('text').value.trim();
    if (!text && !picture) return;
    const said = { text, picture, quoted };
    const from = phone;
    setText('');
    setQuote(undefined);
    setPicture(undefined);
    $('text').focus();
    line = line
      .then(async () => write(from, await contentOf(said.text, said.picture, said.quoted?.id)))
      .catch(() => {
        setProblem(words.notSent);
        if (from !== phone) return drafts.set(from, [said.text, drafts.get(from)].filter(Boolean).join('\n'));
        setText([said.text, $('text').value].filter(Boolean).join('\n'));
        if (said.picture && !picture) setPicture(said.picture);
        if (said.quoted && !quoted) setQuote(said.quoted);
        setProblem(words.notSent);
      });
  };

  $('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  $('text').addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  $('text').addEventListener('input', () => setText($('text').value));
  $('text').addEventListener('paste', (event) => {
    const [file] = event.clipboardData.files;
    if (file) setPicture(file);
  });
  $('attach').addEventListener('click', () => $('file').click());
  $('file').addEventListener('change', () => setPicture($('file').files[0]));
  $('quote-drop').addEventListener('click', () => setQuote(undefined));
  $('picture-drop').addEventListener('click', () => setPicture(undefined));

  return {
    setProblem,
    setQuote,
    /** Another phone is taken up: what was begun on the last one waits there. */
    takeUp: (nextPhone) => {
      drafts.set(phone, $('text').value);
      phone = nextPhone;
      setText(drafts.get(phone) ?? '');
      setQuote(undefined);
      setPicture(undefined);
    },
  };
};

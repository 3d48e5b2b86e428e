export interface TextPart {
  text: string;
  href?: string;
  bold?: true;
  italic?: true;
  struck?: true;
  code?: true;
}
type Style = Omit<TextPart, 'text' | 'href'>;

const address = /https?:\/\/[^\s<>"'`]+/iy;
/** Ends a sentence rather than an address. */
const trailing = /[.,;:!?)\]}»”]+$/;
const block = '```';
const marks: Record<string, Style> = {
  '*': { bold: true },
  _: { italic: true },
  '~': { struck: true },
  '`': { code: true },
};
/** Between two of these a mark belongs to a word: `snake_case`, `2*3*4`. (No lookbehind: older iPads have none.) */
const inWord = /[\p{L}\p{N}]/u;

/**
 * A text as WhatsApp shows it: `*bold*`, `_italic_`, `~struck~`, `` `code` ``, and web addresses, of which only http
 * and https become links. A mark that is not closed in its line, or has a space inside its edge, is a character like
 * any other.
 */
export function formatted(text: string, style: Style = {}): TextPart[] {
  const parts: TextPart[] = [];
  let plainFrom = 0;
  for (let at = 0; at < text.length;) {
    const found = addressAt(text, at, style) ?? blockAt(text, at, style) ?? markedAt(text, at, style);
    if (!found) {
      at += 1;
      continue;
    }
    if (at > plainFrom) parts.push({ ...style, text: text.slice(plainFrom, at) });
    parts.push(...found.parts);
    plainFrom = at = found.end;
  }
  if (plainFrom < text.length) parts.push({ ...style, text: text.slice(plainFrom) });
  return parts;
}

/** The same in one line of a list: its words without their marks. */
export const unmarked = (text: string): string =>
  formatted(text)
    .map((part) => part.text)
    .join('');

interface Found {
  end: number;
  parts: TextPart[];
}

function addressAt(text: string, at: number, style: Style): Found | null {
  address.lastIndex = at;
  const href = address.exec(text)?.[0].replace(trailing, '');
  return href ? { end: at + href.length, parts: [{ ...style, text: href, href }] } : null;
}

function blockAt(text: string, at: number, style: Style): Found | null {
  if (!text.startsWith(block, at)) return null;
  const close = text.indexOf(block, at + block.length + 1);
  if (close === -1) return null;
  const code = text.slice(at + block.length, close);
  return { end: close + block.length, parts: [{ ...style, code: true, text: code }] };
}

function markedAt(text: string, at: number, style: Style): Found | null {
  const mark = text[at]!;
  const more = marks[mark];
  if (!more || isAt(inWord, text, at - 1) || !isAt(/[^\s]/, text, at + 1) || text[at + 1] === mark)
    return null;
  for (let close = at + 2; close < text.length && text[close] !== '\n'; close += 1) {
    if (text[close] !== mark || !isAt(/[^\s]/, text, close - 1) || isAt(inWord, text, close + 1)) continue;
    const inside = text.slice(at + 1, close);
    const both = { ...style, ...more };
    return { end: close + 1, parts: more.code ? [{ ...both, text: inside }] : formatted(inside, both) };
  }
  return null;
}

const isAt = (kind: RegExp, text: string, at: number): boolean => kind.test(text[at] ?? '');

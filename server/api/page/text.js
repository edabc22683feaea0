// Foreign text, shown as what it is: never as markup, its invisible characters visible, its direction its own, its
// length bounded.
import { h } from './dom.js';

const firstPart = 4000;
const nextPart = 60000;
const lineLimit = 300;

// Control characters but tab and line feed; directions, joiners and other characters of no width; lone surrogates; tags.
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Cs}/gu;

function codeOf(character) {
  const code = character.codePointAt(0);
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, '0')}\u27e9`;
}

/** The text with a code in place of each character that would not be seen. */
export function visible(text) {
  return text.replace(hidden, codeOf);
}

/** Cuts without splitting a character in two. */
function cut(text, length) {
  const end = /[\ud800-\udbff]/.test(text[length - 1] ?? '') ? length - 1 : length;
  return text.slice(0, end);
}

/** Foreign text within a line of ours: isolated, on one line, cut. */
export function inline(value, attributes = {}) {
  const text = String(value);
  const shown = visible(cut(text, lineLimit)).replace(/[\t\n]/g, (mark) => (mark === '\n' ? '\u21b5' : '\u21e5'));
  return h(
    'bdi',
    { ...attributes, ...(text.length > lineLimit ? { title: `${text.length.toLocaleString('en')} characters` } : {}) },
    text.length > lineLimit ? `${shown} …` : shown,
  );
}

/** How much of which text the operator asked to see; kept while the page is open. */
const opened = new Map();

/** A block of foreign text: cut, with a button that shows more of it. `name` tells it from others; `redraw` draws again. */
export function block(name, value, redraw, label) {
  const text = String(value);
  const length = Math.min(text.length, opened.get(name) ?? firstPart);
  const rest = text.length - length;
  const more = () => {
    opened.set(name, length + nextPart);
    redraw();
  };
  return h(
    'div',
    { class: 'block', key: `block ${name}` },
    h('pre', { tabindex: '0', role: 'region', 'aria-label': label, dir: 'auto' }, visible(cut(text, length))),
    h(
      'p',
      { class: 'block-foot' },
      h('button', { type: 'button', class: 'quiet', onclick: (event) => copy(event.currentTarget, text) }, 'Copy'),
      h(
        'span',
        { class: 'muted' },
        rest > 0
          ? `${length.toLocaleString('en')} of ${text.length.toLocaleString('en')} characters`
          : `${text.length.toLocaleString('en')} characters`,
      ),
      rest > 0 && h('button', { type: 'button', class: 'quiet', onclick: more }, 'Show more'),
    ),
  );
}

/** Copies as it is, hidden characters included, and says so on the button. */
export async function copy(button, text) {
  const label = button.textContent;
  let said = 'Copied';
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    said = 'Not allowed here';
  }
  button.textContent = said;
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}

/** An id in full, with a button that copies it. */
export function identifier(value, label) {
  return h(
    'span',
    { class: 'identifier' },
    inline(value, { class: 'mono' }),
    h(
      'button',
      {
        type: 'button',
        class: 'icon',
        'aria-label': `Copy ${label}`,
        title: `Copy ${label}`,
        onclick: (event) => copyIcon(event.currentTarget, String(value)),
      },
      h(
        'svg',
        { viewBox: '0 0 16 16', width: 14, height: 14, 'aria-hidden': 'true' },
        h('path', { d: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z', class: 'stroke' }),
      ),
    ),
  );
}

async function copyIcon(button, text) {
  const title = button.title;
  try {
    await navigator.clipboard.writeText(text);
    button.title = 'Copied';
    button.classList.add('done');
  } catch {
    button.title = 'Not allowed here';
  }
  setTimeout(() => {
    button.title = title;
    button.classList.remove('done');
  }, 1500);
}

// The pieces that views are made of: signs, tables, figures, notices.
import { h } from './dom.js';
import { dash, isKnown, number, time, words } from './format.js';
import { inline } from './text.js';

/** What a word says of the state of things; anything else is neutral. */
const moods = {
  good: ['completed', 'delivered', 'done', 'ready', 'accepted', 'upheld', 'none yet', 'applied'],
  bad: ['failed', 'parked', 'disputed', 'conflict', 'orphan', 'unauthorized', 'refused'],
  warn: ['unknown', 'paused', 'overdue', 'settling', 'discarded', 'removed', 'cancelled'],
  busy: ['queued', 'submitting', 'in_flight', 'processing', 'pending', 'delivering', 'running'],
};

export function moodOf(word) {
  return Object.keys(moods).find((mood) => moods[mood].includes(word)) ?? 'plain';
}

/** A word with its mood: shape and word say it, colour only helps. */
export function chip(word, mood = moodOf(word)) {
  return isKnown(word) && word !== ''
    ? h('span', { class: `chip ${mood}` }, sign(mood), words(word))
    : h('span', { class: 'muted' }, dash);
}

const shapes = {
  good: 'M3.5 8.5l3 3 6-7',
  bad: 'M4.5 4.5l7 7m0-7l-7 7',
  warn: 'M8 3.5v6M8 11.8v.7',
  busy: 'M8 4v4l2.8 1.8',
  unknown: 'M6 6a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1.1M8 11.8v.7',
  plain: 'M4.5 8h7',
};

/** A small drawing for a mood; the word beside it says the same. */
export function sign(mood) {
  return h(
    'svg',
    { viewBox: '0 0 16 16', width: 14, height: 14, class: `sign ${mood}`, 'aria-hidden': 'true' },
    h('circle', { cx: 8, cy: 8, r: 7 }),
    h('path', { d: shapes[mood] ?? shapes.plain }),
  );
}

export function section(title, ...children) {
  const id = `section-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return h('section', { 'aria-labelledby': id, key: title }, h('h2', { id }, title), children);
}

/** A number that leads to the list behind it; a dash when it is not known. `what` completes the link for who only hears it. */
export function figure(value, href, what) {
  if (!isKnown(value)) return h('span', { class: 'muted', title: 'not known' }, dash);
  return href
    ? h('a', { href, class: 'figure', 'aria-label': `${number(value)} ${what}` }, number(value))
    : number(value);
}

export function moment(value, options) {
  return isKnown(value)
    ? h('time', { datetime: value, title: value }, time(value, options))
    : h('span', { class: 'muted' }, dash);
}

export function facts(entries) {
  return h(
    'dl',
    { class: 'facts' },
    entries
      .filter(Boolean)
      .map(([name, value]) =>
        h(
          'div',
          { key: name },
          h('dt', null, name),
          h('dd', null, isKnown(value) && value !== '' ? value : h('span', { class: 'muted' }, dash)),
        ),
      ),
  );
}

/** A table; one of more than four columns becomes a list of cards where there is no room. `columns`: [{title, number?, wide?}], `rows`: [{key, cells, class?}]. */
export function table(caption, columns, rows, { empty = 'Nothing here.' } = {}) {
  if (!rows.length) return h('p', { class: 'empty', key: 'empty' }, empty);
  const kind = (column) =>
    [column.number ? 'number' : '', column.wide ? 'wide' : ''].filter(Boolean).join(' ') || undefined;
  return h(
    'table',
    { role: 'table', key: 'table', class: columns.length > 4 ? 'stacks' : undefined },
    h('caption', null, caption),
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        columns.map((column) =>
          h(
            'th',
            { role: 'columnheader', scope: 'col', class: kind(column) },
            column.title || h('span', { class: 'spoken' }, 'Actions'),
          ),
        ),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      rows.map((row) =>
        h(
          'tr',
          { role: 'row', key: row.key, class: row.class },
          row.cells.map((cell, index) =>
            index === 0
              ? h(
                  'th',
                  { role: 'rowheader', scope: 'row', class: kind(columns[0]), 'data-label': columns[0].title },
                  cell,
                )
              : h('td', { role: 'cell', class: kind(columns[index]), 'data-label': columns[index].title }, cell),
          ),
        ),
      ),
    ),
  );
}

export function button(label, onclick, kind = '', attributes = {}) {
  return h('button', { type: 'button', class: kind, onclick, ...attributes }, label);
}

/** Something went wrong, or is to be known, in the words of whoever said it. */
export function notice(mood, ...children) {
  return h('div', { class: `notice ${mood}`, key: `notice ${mood}` }, sign(mood), h('p', null, children));
}

export function refusalNotice(refusal) {
  return refusal && notice('bad', inline(refusal.message));
}

export function field(label, control, hint) {
  return h('label', { class: 'field', key: label }, h('span', null, label), control, hint && h('small', null, hint));
}

/** A choice; '' is everything. */
export function choice(name, values, chosen, everything) {
  return h(
    'select',
    { name },
    h('option', { key: '', value: '', once: { selected: !chosen } }, everything),
    values.map((value) => h('option', { key: value, value, once: { selected: value === chosen } }, words(value))),
  );
}

/** The filters of a form as parameters of a view's link. */
export function formValues(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
}

/** What datetime-local gives is local time: RFC 3339 in UTC for the service, and back. */
export function toInstant(local) {
  const at = new Date(local);
  return local && !Number.isNaN(at.getTime()) ? at.toISOString() : '';
}

export function toLocal(instant) {
  const at = new Date(instant);
  if (!instant || Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}

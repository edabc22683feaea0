// Who did what, and the backups that somebody can start here.
import { get, post } from './api.js';
import { ask, say } from './dialog.js';
import { h } from './dom.js';
import { bytes, duration, isKnown, number, secondsBetween } from './format.js';
import { PagedList } from './list.js';
import { button, chip, facts, moment, refusalNotice, section, table } from './parts.js';
import { inline } from './text.js';

const refreshEvery = 5;

export function actionsView({ redraw }) {
  const list = new PagedList('actions', { limit: 50 }, redraw);
  const state = { backups: null, refusal: null, seconds: 0 };
  const stopped = new AbortController();

  async function loadBackups() {
    try {
      const backups = await get('backups', {}, stopped.signal);
      Object.assign(state, { backups, refusal: null });
    } catch (refusal) {
      if (stopped.signal.aborted) return;
      if (!state.backups) state.refusal = refusal;
    }
    redraw();
  }

  async function start() {
    const done = await ask({
      title: 'Start a backup?',
      body: h(
        'p',
        null,
        'A copy of the whole store is written into the folder of backups and verified, while the service goes on. Take it to another machine then.',
      ),
      confirm: 'Start',
      act: () => post('backups'),
    });
    if (!done) return;
    say('good', 'The backup has begun.');
    loadBackups();
  }

  list.load();
  loadBackups();
  return {
    leave() {
      list.leave();
      stopped.abort();
    },
    tick() {
      if (++state.seconds % refreshEvery === 0) list.refresh();
      if (state.backups?.running ? state.seconds % 2 === 0 : state.seconds % 15 === 0) loadBackups();
    },
    onLive(what, item) {
      if (what === 'activity' && /^backup|^action/.test(item.kind)) loadBackups();
    },
    draw: () => [
      h('h1', { tabindex: '-1' }, 'Actions'),
      section('Backup', drawBackups(state, start)),
      section('Audit', list.head(), drawList(list), list.foot('actions')),
    ],
  };
}

function drawBackups({ backups, refusal }, start) {
  if (!backups) return refusal ? refusalNotice(refusal) : h('p', { class: 'muted' }, 'Loading …');
  const { running, last } = backups;
  const share = running?.pages_total > 0 ? running.pages_done / running.pages_total : null;
  return [
    backups.advice && h('p', { key: 'advice' }, inline(backups.advice)),
    running &&
      h(
        'div',
        { class: 'progress', key: 'running' },
        h(
          'p',
          null,
          chip('running'),
          ' ',
          isKnown(share) ? `${number(running.pages_done)} of ${number(running.pages_total)} pages` : 'it begins',
          ', started by ',
          inline(running.who),
          ' at ',
          moment(running.started_at),
          '.',
        ),
        h('progress', { max: 1, value: share ?? 0, 'aria-label': 'Backup' }),
      ),
    last &&
      facts([
        [
          'Last backup',
          h(
            'span',
            null,
            moment(last.finished_at),
            h('small', { class: 'under' }, `took ${duration(secondsBetween(last.started_at, last.finished_at))}`),
          ),
        ],
        [
          'Outcome',
          last.error
            ? h('span', null, chip('failed'), ' ', inline(last.error))
            : last.verified
              ? chip('verified', 'good')
              : chip('not verified', 'warn'),
        ],
        ['Size', isKnown(last.bytes) ? bytes(last.bytes) : null],
        ['By', inline(last.who)],
        ['File', inline(last.file, { class: 'mono' })],
      ]),
    !last &&
      !running &&
      backups.supported &&
      h('p', { class: 'muted', key: 'none' }, 'None since this process started.'),
    backups.supported && !running && h('p', { key: 'start' }, button('Start a backup …', start)),
  ];
}

/** Subjects that are tasks lead there. */
function subject(item) {
  if (!item.subject) return '';
  return String(item.subject).startsWith('task-')
    ? h('a', { href: `#/task/${encodeURIComponent(item.subject)}` }, inline(item.subject, { class: 'mono' }))
    : inline(item.subject, { class: 'mono' });
}

function drawList(list) {
  if (!list.items) return null;
  return table(
    'What operators did, newest first',
    [{ title: 'At' }, { title: 'Who' }, { title: 'What' }, { title: 'Subject' }, { title: 'Reason', wide: true }],
    list.items.map((item) => ({
      key: item.id,
      cells: [
        moment(item.at),
        inline(item.who),
        chip(item.what, 'plain'),
        subject(item),
        item.reason ? inline(item.reason) : '',
      ],
    })),
    { empty: 'Nobody has done anything yet.' },
  );
}

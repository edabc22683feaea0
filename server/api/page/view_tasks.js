// Tasks: found by any of their ids, or listed by what they are.
import { h } from './dom.js';
import { PagedList } from './list.js';
import { chip, choice, field, formValues, moment, table, toInstant, toLocal } from './parts.js';
import { inline } from './text.js';
import { link } from './verdict.js';

const stages = ['queued', 'submitting', 'unknown', 'in_flight', 'ended'];
const statuses = ['pending', 'processing', 'completed', 'failed', 'cancelled'];
const refreshEvery = 5;
/** The service does not sort these out itself: the page looks through what it has loaded. */
const sieves = {
  open: (item) => item.stage !== 'ended',
  disputed: (item) => item.dispute === 'disputed' || item.dispute === 'settling',
  overdue: (item) => item.overdue,
};

export function tasksView({ parameters, redraw }) {
  const { only, ...asked } = parameters;
  const sieve = sieves[only];
  const list = new PagedList('tasks', { ...asked, limit: sieve ? 200 : 50 }, redraw);
  let seconds = 0;

  list.load().then(() => {
    // One id means one task: it is what was looked for.
    if (asked.q && list.items?.length === 1 && !list.stopped.signal.aborted)
      location.replace(`#/task/${encodeURIComponent(list.items[0].id)}`);
  });

  function filter(event) {
    event.preventDefault();
    const values = formValues(event.currentTarget);
    location.hash = link('tasks', {
      ...values,
      created_after: toInstant(values.created_after),
      created_before: toInstant(values.created_before),
    });
  }

  return {
    leave: () => list.leave(),
    tick() {
      if (++seconds % refreshEvery === 0) list.refresh();
    },
    draw: () => [
      h('h1', { tabindex: '-1' }, 'Tasks'),
      asked.q
        ? h('p', null, 'Found for ', inline(asked.q, { class: 'mono' }), ' ', h('a', { href: '#/tasks' }, 'Show all'))
        : drawFilters(parameters, filter),
      list.head(),
      drawList(list, sieve, asked),
      list.foot(sieve ? 'tasks looked through' : 'tasks'),
    ],
  };
}

function drawFilters(parameters, filter) {
  const set = Object.values(parameters).filter(Boolean).length;
  return h(
    'form',
    { class: 'filters', onsubmit: filter, 'aria-label': 'Filters' },
    field('Stage', choice('stage', stages, parameters.stage, 'any')),
    field('Status', choice('status', statuses, parameters.status, 'any')),
    field(
      'Caller',
      h('input', {
        name: 'caller',
        once: { value: parameters.caller ?? '' },
        autocomplete: 'off',
        spellcheck: 'false',
      }),
    ),
    field('Show', choice('only', Object.keys(sieves), parameters.only, 'everything')),
    field(
      'Created after',
      h('input', {
        name: 'created_after',
        type: 'datetime-local',
        step: 1,
        once: { value: toLocal(parameters.created_after) },
      }),
    ),
    field(
      'Created before',
      h('input', {
        name: 'created_before',
        type: 'datetime-local',
        step: 1,
        once: { value: toLocal(parameters.created_before) },
      }),
    ),
    h(
      'div',
      { class: 'filter-buttons' },
      h('button', { type: 'submit', class: 'primary' }, 'Filter'),
      set > 0 && h('a', { href: '#/tasks', class: 'button' }, 'Clear'),
    ),
  );
}

function drawList(list, sieve, asked) {
  if (!list.items) return null;
  const rows = list.items.filter(sieve ?? (() => true)).map((item) => ({
    key: item.id,
    cells: [
      h(
        'span',
        { class: 'ids' },
        h('a', { href: `#/task/${encodeURIComponent(item.id)}` }, inline(item.id, { class: 'mono' })),
        item.provider_task_id && h('small', { class: 'under' }, inline(item.provider_task_id, { class: 'mono' })),
      ),
      h(
        'span',
        { class: 'chips' },
        chip(item.status),
        item.stage !== 'ended' && chip(item.stage),
        item.overdue && chip('overdue'),
        item.dispute !== 'none' && chip(item.dispute),
      ),
      inline(item.caller),
      moment(item.created_at),
      item.ended_at ? moment(item.ended_at) : '',
      item.last_problem ? inline(item.last_problem) : '',
    ],
  }));
  const empty = asked.q
    ? 'No task has this id. It may be older than the retention, or of another environment.'
    : sieve && list.cursor
      ? 'None among these; there are more to look through.'
      : 'No task is like this.';
  return table(
    'Tasks, newest first',
    [
      { title: 'Task' },
      { title: 'State' },
      { title: 'Caller' },
      { title: 'Created' },
      { title: 'Ended' },
      { title: 'Last problem', wide: true },
    ],
    rows,
    { empty },
  );
}

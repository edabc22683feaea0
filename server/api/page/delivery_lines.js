// Deliveries as lines of a table, and what an operator can do with one.
import { post } from './api.js';
import { ask, say } from './dialog.js';
import { h } from './dom.js';
import { number } from './format.js';
import { button, chip, moment, table } from './parts.js';
import { inline } from './text.js';

/** `after` is called when one was changed. `withTask`: whether the task is not clear from where the table stands. */
export function deliveryTable(caption, items, after, { withTask = true, empty } = {}) {
  const isWaiting = items.some(waits);
  const columns = [
    ...(withTask ? [{ title: 'Task' }] : []),
    { title: 'Sink' },
    { title: 'State' },
    { title: 'Attempts', number: true },
    ...(isWaiting ? [{ title: 'Next attempt' }] : []),
    { title: 'Last answer', wide: true },
    ...(withTask ? [{ title: 'Created' }] : []),
    { title: '' },
  ];
  return table(
    caption,
    columns,
    items.map((item) => ({ key: item.id, cells: cells(item, after, withTask, isWaiting) })),
    { empty },
  );
}

const waits = (item) => item.state === 'pending' || item.state === 'delivering';

function cells(item, after, withTask, isWaiting) {
  const sink = h(
    'span',
    null,
    inline(item.sink),
    item.destination && h('small', { class: 'under' }, inline(item.destination)),
  );
  return [
    ...(withTask
      ? [
          h(
            'a',
            { class: 'ids', href: `#/task/${encodeURIComponent(item.task)}` },
            inline(item.task, { class: 'mono' }),
          ),
        ]
      : []),
    sink,
    h(
      'span',
      { class: 'chips' },
      chip(item.state),
      item.cause && item.state !== 'delivered' && chip(item.cause, 'plain'),
    ),
    number(item.attempts),
    ...(isWaiting ? [waits(item) ? moment(item.due_at) : ''] : []),
    item.last_answer ? inline(item.last_answer) : '',
    ...(withTask ? [moment(item.created_at)] : []),
    item.state === 'parked'
      ? h(
          'span',
          { class: 'row-buttons' },
          button('Retry', () => retry(item, after), '', {
            'aria-label': `Retry the delivery to ${item.sink} of ${item.task}`,
          }),
          button('Discard', () => discard(item, after), 'quiet', {
            'aria-label': `Discard the delivery to ${item.sink} of ${item.task}`,
          }),
        )
      : '',
  ];
}

function retry(item, after) {
  ask({
    title: 'Retry this delivery?',
    body: [
      h(
        'p',
        null,
        'It goes to ',
        inline(item.sink),
        ' again, now and as if it were new: the same bytes under the same id.',
      ),
      h('p', null, 'Task ', inline(item.task, { class: 'mono' })),
    ],
    confirm: 'Retry',
    act: () => post(`deliveries/${encodeURIComponent(item.id)}/retry`),
  }).then((done) => {
    if (!done) return;
    say('good', 'The delivery goes out again.');
    after();
  });
}

function discard(item, after) {
  ask({
    title: 'Discard this delivery?',
    body: [
      h(
        'p',
        null,
        h('strong', null, 'Nobody will get it then.'),
        ' The sink ',
        inline(item.sink),
        ' never learns from us how this task ended.',
      ),
      h('p', null, 'Task ', inline(item.task, { class: 'mono' })),
    ],
    fields: [{ name: 'reason', label: 'Reason', required: true, hint: 'It stays on the task’s timeline.' }],
    confirm: 'Discard',
    danger: true,
    act: ({ reason }) => post(`deliveries/${encodeURIComponent(item.id)}/discard`, { reason }),
  }).then((done) => {
    if (!done) return;
    say('good', 'The delivery is discarded.');
    after();
  });
}

// One task: its life over time, everything that is known of it, and what an operator can do about it.
import { get } from './api.js';
import { deliveryTable } from './delivery_lines.js';
import { h } from './dom.js';
import { counted, duration, isKnown, number, secondsBetween, words } from './format.js';
import { chip, facts, moment, refusalNotice, section } from './parts.js';
import { taskActions } from './task_actions.js';
import { block, identifier, inline } from './text.js';
import { moodOfEvent, timeline } from './timeline.js';

const refreshEvery = 4;
const eventsAtOnce = 200;

export function taskView({ argument, redraw }) {
  const state = { item: null, refusal: null, seconds: 0, shown: eventsAtOnce, stale: false };
  const stopped = new AbortController();

  async function load() {
    try {
      const item = await get(`tasks/${encodeURIComponent(argument)}`, {}, stopped.signal);
      Object.assign(state, { item, refusal: null });
    } catch (refusal) {
      if (stopped.signal.aborted) return;
      state.refusal = refusal.status === 0 && state.item ? null : refusal;
    }
    redraw();
  }

  /** Nothing moves any more once it has ended and every delivery is where it stays. */
  const isSettled = () =>
    state.item?.stage === 'ended' &&
    state.item.deliveries.every((item) => item.state !== 'pending' && item.state !== 'delivering');

  function pick(index) {
    state.shown = Math.max(state.shown, index + 1);
    redraw();
    setTimeout(() => {
      const line = document.getElementById(`event-${index}`);
      line?.scrollIntoView({ block: 'center', behavior: 'smooth' });
      line?.focus({ preventScroll: true });
    });
  }

  load();
  return {
    title: () => `${state.item?.id ?? argument}`,
    leave: () => stopped.abort(),
    tick() {
      if (++state.seconds % (isSettled() ? refreshEvery * 5 : refreshEvery) === 0) load();
    },
    onLive(what, item) {
      if (what === 'activity' && item.task === state.item?.id) load();
    },
    draw: () => draw(state, argument, { load, pick, redraw }),
  };
}

function draw(state, argument, act) {
  const item = state.item;
  if (!item)
    return [
      h('h1', { tabindex: '-1' }, 'Task ', inline(argument, { class: 'mono' })),
      state.refusal?.status === 404
        ? h(
            'p',
            { class: 'empty' },
            'There is no such task. It may be older than the retention, or of another environment.',
          )
        : refusalNotice(state.refusal),
      !state.refusal && h('p', { class: 'muted' }, 'Loading …'),
    ];
  const id = item.id ?? item.task?.id ?? argument;
  const status = item.status ?? item.task?.status;
  return [
    h('p', { class: 'crumb' }, h('a', { href: '#/tasks' }, 'Tasks')),
    h('h1', { tabindex: '-1', class: 'task-title' }, h('span', { class: 'spoken' }, 'Task '), identifier(id, 'our id')),
    h(
      'p',
      { class: 'chips' },
      chip(status),
      item.stage !== 'ended' && chip(item.stage),
      item.overdue && chip('overdue'),
      item.dispute !== 'none' && chip(item.dispute),
    ),
    refusalNotice(state.refusal),
    taskActions(item, id, act.load),
    drawFacts(item),
    drawTimeline(item, state, act),
    section(
      'Deliveries',
      deliveryTable('Deliveries of this task', item.deliveries ?? [], act.load, {
        withTask: false,
        empty: item.stage === 'ended' ? 'It has no deliveries.' : 'It has not ended, so nothing is delivered yet.',
      }),
      (item.deliveries ?? [])
        .filter((delivery) => isKnown(delivery.body))
        .map((delivery) =>
          opened(`delivery ${delivery.id}`, ['What ', inline(delivery.sink), ' gets'], () => delivery.body, act.redraw),
        ),
    ),
    section('Bytes', raw(item, act.redraw)),
  ];
}

function drawFacts(item) {
  const took = secondsBetween(item.created_at, item.ended_at);
  return facts([
    ['Caller', inline(item.caller)],
    ['Provider’s id', item.provider_task_id ? identifier(item.provider_task_id, 'the provider’s id') : null],
    ['Created', moment(item.created_at)],
    [
      'Ended',
      item.ended_at
        ? h('span', null, moment(item.ended_at), h('small', { class: 'under' }, `after ${duration(took)}`))
        : null,
    ],
    [
      'Next',
      item.due_at ? h('span', null, item.due_kind ? `${words(item.due_kind)} ` : '', moment(item.due_at)) : null,
    ],
    ['Submissions', number(item.submissions)],
    ['Queries', number(item.queries)],
    ['Last problem', item.last_problem ? inline(item.last_problem) : null],
    ['Idempotency-Key', item.idempotency_key ? identifier(item.idempotency_key, 'the Idempotency-Key') : null],
    ['Request', item.request_id ? identifier(item.request_id, 'the request id') : null],
    ['Trace', item.trace_id ? identifier(item.trace_id, 'the trace id') : null],
  ]);
}

function drawTimeline(item, state, { pick, redraw }) {
  const events = item.timeline ?? [];
  const width = Math.max(260, Math.min(1100, document.getElementById('main').clientWidth - 40));
  const first = events[0]?.at;
  const line = (event, index) =>
    h(
      'li',
      {
        key: `${index} ${event.at} ${event.kind}`,
        id: `event-${index}`,
        tabindex: '-1',
        class: `event ${moodOfEvent(event)}`,
      },
      h(
        'span',
        { class: 'event-at' },
        moment(event.at, { precise: true }),
        h('small', null, index ? `+${duration(secondsBetween(first, event.at))}` : ''),
      ),
      h(
        'div',
        { class: 'event-what' },
        h('strong', null, words(event.kind)),
        event.detail ? [' ', inline(event.detail)] : null,
        isKnown(event.body) &&
          event.body !== '' &&
          opened(`event ${index} ${event.at}`, ['Body'], () => event.body, redraw),
      ),
    );
  return section(
    'Timeline',
    timeline(events, width, pick),
    h('p', { class: 'muted' }, `${counted(events.length, 'event')}. In the drawing long pauses are shortened.`),
    h('ol', { class: 'events' }, events.slice(0, state.shown).map(line)),
    events.length > state.shown &&
      h(
        'button',
        {
          type: 'button',
          onclick: () => {
            state.shown += eventsAtOnce;
            redraw();
          },
        },
        `Show ${counted(Math.min(eventsAtOnce, events.length - state.shown), 'more event', 'more events')}`,
      ),
  );
}

function raw(item, redraw) {
  return [
    ['submit_body', 'Sent to the provider'],
    ['provider_body', 'The provider’s latest'],
    ['curl', 'As a curl command'],
  ]
    .filter(([name]) => isKnown(item[name]) && item[name] !== '')
    .map(([name, title]) => opened(name, [title], () => item[name], redraw))
    .concat(opened('task', ['As the caller sees it'], () => JSON.stringify(item.task, null, 2), redraw));
}

/** Drawn only while it is open: bodies may be long. */
const open = new Set();

function opened(name, title, read, redraw) {
  const toggle = (event) => {
    if (event.currentTarget.open === open.has(name)) return;
    if (event.currentTarget.open) open.add(name);
    else open.delete(name);
    redraw();
  };
  return h(
    'details',
    { key: name, ontoggle: toggle, once: { open: open.has(name) } },
    h('summary', null, title),
    open.has(name) && block(name, read(), redraw, 'Text'),
  );
}

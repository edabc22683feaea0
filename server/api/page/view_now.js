// Is anything late or lost, in one screen.
import { get } from './api.js';
import { chart } from './chart.js';
import { h } from './dom.js';
import { duration, isKnown, number, percent, words } from './format.js';
import { freshness, live } from './live.js';
import { button, chip, figure, moment, section, sign, table } from './parts.js';
import { inline } from './text.js';
import { judge, link } from './verdict.js';

const historyEvery = { '1h': 10, '24h': 60 };
const perSecond = (value) => `${value >= 10 ? value.toFixed(0) : Number(value.toPrecision(2))}/s`;

const charts = [
  {
    title: 'Throughput',
    format: perSecond,
    series: {
      submissions_per_second: 'submissions',
      callbacks_per_second: 'callbacks',
      deliveries_per_second: 'deliveries',
    },
  },
  { title: 'Callback answer time', format: duration, series: { ack_p50_seconds: 'median', ack_p99_seconds: 'p99' } },
  {
    title: 'End to delivery',
    format: duration,
    series: { delivery_lag_p50_seconds: 'median', delivery_lag_p99_seconds: 'p99' },
  },
  {
    title: 'Age of the oldest',
    format: duration,
    series: { oldest_open_task_seconds: 'open task', oldest_waiting_delivery_seconds: 'waiting delivery' },
  },
];

export function nowView({ redraw }) {
  const state = { window: '1h', history: null, seconds: 0, refusal: null };
  const stopped = new AbortController();

  async function loadHistory() {
    const wanted = state.window;
    try {
      const history = await get('history', { window: wanted }, stopped.signal);
      if (wanted === state.window) Object.assign(state, { history, refusal: null });
    } catch (refusal) {
      if (!stopped.signal.aborted) state.refusal = refusal;
    }
    redraw();
  }

  function choose(window) {
    Object.assign(state, { window, history: null, seconds: 0 });
    redraw();
    loadHistory();
  }

  loadHistory();
  return {
    leave: () => stopped.abort(),
    tick() {
      if (++state.seconds % historyEvery[state.window] === 0) loadHistory();
    },
    draw: () => [drawVerdict(), drawFigures(live.summary), drawHistory(state, choose), drawActivity()],
  };
}

function drawVerdict() {
  const found = judge(live.summary, freshness());
  const isLost = freshness() === 'lost';
  const mood = { good: 'good', wrong: found.worst, unknown: 'unknown' }[found.state];
  const line = (item, index) =>
    h(
      'li',
      { key: `${item.text}${item.foreign ?? ''}${index}`, class: item.level },
      sign(item.level ?? 'plain'),
      h('a', { href: item.href }, item.text, item.foreign !== undefined && [' ', inline(item.foreign)]),
    );
  return h(
    'section',
    { class: `verdict ${mood}${isLost ? ' lost' : ''}`, 'aria-labelledby': 'verdict' },
    h('h1', { id: 'verdict', tabindex: '-1' }, sign(isLost ? 'bad' : mood), h('span', null, found.headline)),
    live.trouble &&
      freshness() !== 'fresh' &&
      h(
        'p',
        { key: 'trouble' },
        inline(live.trouble),
        '. Asking again by itself; what is shown below was true when it was heard.',
      ),
    found.state === 'good' &&
      h('p', { key: 'good' }, 'Callbacks can be stored, the books balance, nothing is past due, parked or disputed.'),
    found.findings.length > 0 && h('ul', { key: 'findings' }, found.findings.map(line)),
    found.notes.length > 0 &&
      h('ul', { key: 'notes', class: 'notes', 'aria-label': 'Worth knowing' }, found.notes.map(line)),
  );
}

function drawFigures(summary) {
  if (!summary) return null;
  return h(
    'div',
    { class: 'columns', key: 'figures' },
    drawTasks(summary),
    drawDeliveries(summary),
    drawResults(summary),
    drawCallers(summary),
  );
}

function drawTasks(summary) {
  const rows = Object.entries(summary.tasks ?? {}).map(([stage, item]) => ({
    key: stage,
    cells: [
      words(stage),
      figure(item.count, link('tasks', { stage }), `tasks ${words(stage)}`),
      stage === 'ended' ? '' : duration(item.oldest_age_seconds),
    ],
  }));
  return section(
    'Tasks',
    table(
      'Tasks by stage',
      [{ title: 'Stage' }, { title: 'Tasks', number: true }, { title: 'Oldest', number: true }],
      rows,
    ),
    h(
      'p',
      { class: 'muted' },
      `${number(summary.accepted)} accepted since the beginning, ${number(summary.retired)} retired` +
        `${summary.unrouted > 0 ? `, ${number(summary.unrouted)} results that no sink takes` : ''}.`,
    ),
  );
}

function drawDeliveries(summary) {
  const sinks = Object.entries(summary.deliveries?.sinks ?? {});
  const rows = sinks.map(([sink, item]) => ({
    key: sink,
    cells: [
      h('span', null, inline(sink), isKnown(item.paused) && [' ', chip('paused')], isKnown(item.health?.problem) && [' ', chip('down', 'bad')]),
      figure(item.pending, link('deliveries', { state: 'pending', sink }), `deliveries waiting for ${sink}`),
      figure(item.parked, link('parked', { sink }), `deliveries parked for ${sink}`),
      duration(item.oldest_waiting_age_seconds),
    ],
  }));
  return section(
    'Deliveries',
    table(
      'Deliveries by sink',
      [
        { title: 'Sink' },
        { title: 'Waiting', number: true },
        { title: 'Parked', number: true },
        { title: 'Oldest', number: true },
      ],
      rows,
      { empty: 'No deliveries yet.' },
    ),
    h('p', { class: 'muted' }, h('a', { href: '#/sinks' }, 'All figures of the sinks')),
  );
}

const sources = {
  callback: 'a callback',
  query: 'a query',
  refusal: 'a refusal',
  ours: 'our deadline',
  operator: 'an operator',
};

function drawResults(summary) {
  const rows = Object.entries(summary.results ?? {}).map(([source, count]) => ({
    key: source,
    cells: [`By ${sources[source] ?? words(source)}`, number(count)],
  }));
  return section(
    'Results',
    table('What ended the tasks', [{ title: 'Ended' }, { title: 'Tasks', number: true }], rows),
    h(
      'p',
      { class: 'muted' },
      `${percent(summary.recovered_by_query_share)} recovered by asking, because no callback came.`,
    ),
  );
}

function drawCallers(summary) {
  const callers = Object.entries(summary.open_by_caller ?? {}).sort((left, right) => right[1] - left[1]);
  const rows = callers.map(([caller, count]) => ({
    key: caller,
    cells: [inline(caller), figure(count, link('tasks', { caller, only: 'open' }), `open tasks of ${caller}`)],
  }));
  return section(
    'Callers',
    table('Open tasks by caller', [{ title: 'Caller' }, { title: 'Open', number: true }], rows, {
      empty: 'No caller has an open task.',
    }),
  );
}

function drawHistory(state, choose) {
  const history = state.history;
  const length = { '1h': 'an hour ago', '24h': 'a day ago' }[state.window];
  return section(
    'History',
    h(
      'div',
      { class: 'section-bar' },
      h('p', { class: 'muted' }, 'Of this replica alone. A gap is a time of which nothing is known.'),
      h(
        'div',
        { class: 'switch', role: 'group', 'aria-label': 'How far back' },
        ['1h', '24h'].map((window) =>
          button(window === '1h' ? '1 hour' : '24 hours', () => choose(window), '', {
            key: window,
            'aria-pressed': String(window === state.window),
          }),
        ),
      ),
    ),
    state.refusal && h('p', { class: 'muted', key: 'refusal' }, inline(state.refusal.message)),
    h(
      'div',
      { class: 'charts' },
      charts.map((item) =>
        chart({
          ...item,
          series: Object.entries(item.series).map(([name, label]) => ({
            label,
            values: history?.series?.[name] ?? [],
          })),
          from: length,
          until: 'now',
        }),
      ),
    ),
  );
}

function drawActivity() {
  const rows = live.activities.slice(0, 20).map((item) => ({
    key: `${item.at} ${item.seq}`,
    cells: [
      moment(item.at),
      chip(item.kind, activityMood(item.kind)),
      item.task
        ? h('a', { href: `#/task/${encodeURIComponent(item.task)}` }, inline(item.task, { class: 'mono' }))
        : isKnown(item.sink)
          ? inline(item.sink)
          : '',
      inline(
        [item.caller, item.task ? item.sink : null, item.detail]
          .filter((part) => isKnown(part) && part !== '')
          .join(' · '),
      ),
    ],
  }));
  return section(
    'Lately',
    table(
      'What happened lately',
      [{ title: 'At' }, { title: 'What' }, { title: 'Where' }, { title: 'Detail', wide: true }],
      rows,
      {
        empty:
          live.by === 'live' || !live.by
            ? 'Nothing has happened since this page was opened.'
            : 'What happens is told by the event stream, which is not open now.',
      },
    ),
    live.skipped > 0 && h('p', { class: 'muted' }, `${number(live.skipped)} more happened than are shown.`),
  );
}

function activityMood(kind) {
  if (/parked|contradicted|disputed|violat|lost|failed|down/.test(kind)) return 'bad';
  if (/paused|unknown|overdue|unrouted/.test(kind)) return 'warn';
  return kind === 'sink_up' || kind === 'ended' || kind === 'delivered' ? 'good' : 'plain';
}

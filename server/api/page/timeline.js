// A task's life drawn over time in SVG. Long pauses are shortened, so that everything keeps its place and its order.
import { h } from './dom.js';
import { counted, duration, words } from './format.js';

const laneHeight = 44;
const left = 12;
const markerGap = 14;
const tickGap = 76;

const lanes = [
  { name: 'Submission', kinds: /^(accepted|submission_)/ },
  { name: 'Provider', kinds: /^(callback|duplicate|conflict|progress|query|disputed|upheld)/ },
  { name: 'End', kinds: /^ended$/ },
  { name: 'Deliveries', kinds: /^delivery_/ },
  { name: 'Operators', kinds: /^operator_/ },
];

/** What a kind of event says: good, bad, warn or plain. A delivery attempt says it in its detail. */
export function moodOfEvent({ kind, detail = '' }) {
  if (kind === 'delivery_attempt')
    return /: attempt \d+, (HTTP 2\d\d|written)\b/.test(detail.slice(0, 300)) ? 'good' : 'bad';
  if (/refused|unknown|conflict|failed|parked|disputed/.test(kind)) return 'bad';
  if (/postponed|discarded|wanted/.test(kind)) return 'warn';
  if (kind === 'ended') return /completed/.test(detail) ? 'good' : /failed/.test(detail) ? 'bad' : 'warn';
  return /accepted|^callback$|upheld/.test(kind) ? 'good' : 'plain';
}

/** Where each moment stands between 0 and 1: the logarithm of a pause is its length. */
export function placesOf(moments) {
  const steps = moments.map((at, index) => (index ? Math.log1p(Math.max(0, at - moments[index - 1]) / 20) : 0));
  const total = steps.reduce((sum, step) => sum + step, 0) || 1;
  let passed = 0;
  return steps.map((step) => (passed += step) / total);
}

/** `width` in pixels; `onPick(index)` is called with the event that was clicked. The list beside it says the same. */
export function timeline(events, width, onPick) {
  if (!events.length) return null;
  const moments = events.map((event) => Date.parse(event.at));
  const places = placesOf(moments);
  const used = lanes.filter((lane) => events.some((event) => lane.kinds.test(event.kind)));
  const height = used.length * laneHeight + 30;
  const x = (index) => left + places[index] * (width - 2 * left);
  const lastTaken = used.map(() => -Infinity);
  const ticks = ticksFor(moments, x, width);
  return h(
    'svg',
    {
      class: 'timeline',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': describe(events),
    },
    ticks.map((tick) =>
      h('line', { key: `t${tick.at}`, x1: tick.x, x2: tick.x, y1: 4, y2: height - 24, class: 'grid' }),
    ),
    used.map((lane, row) =>
      h(
        'g',
        { key: lane.name },
        h('line', { x1: left, x2: width - left, y1: laneY(row), y2: laneY(row), class: 'lane' }),
        h('text', { x: left, y: laneY(row) - 14, class: 'lane-name' }, lane.name),
        events.map(
          (event, index) => lane.kinds.test(event.kind) && marker(event, index, place(index, row), laneY(row), onPick),
        ),
      ),
    ),
    ticks.map((tick) =>
      h('text', { key: `n${tick.at}`, x: tick.x, y: height - 8, class: 'tick', 'text-anchor': tick.anchor }, tick.text),
    ),
  );

  /** Events of one moment stand beside each other. */
  function place(index, row) {
    const wanted = Math.min(Math.max(x(index), lastTaken[row] + markerGap), width - left);
    lastTaken[row] = wanted;
    return wanted;
  }
}

function laneY(row) {
  return row * laneHeight + 30;
}

function marker(event, index, x, y, onPick) {
  const mood = moodOfEvent(event);
  const title = `${words(event.kind)} ${event.detail ?? ''}`.slice(0, 200);
  const shape =
    mood === 'bad'
      ? h('path', { d: `M${x - 5} ${y - 5}l10 10m0-10l-10 10` })
      : mood === 'warn'
        ? h('rect', { x: x - 4.5, y: y - 4.5, width: 9, height: 9 })
        : h('circle', { cx: x, cy: y, r: mood === 'good' ? 6 : 4.5 });
  return h(
    'g',
    { key: `m${index}`, class: `marker ${mood}`, onclick: () => onPick(index), 'data-title': title },
    h('circle', { cx: x, cy: y, r: 9, class: 'touch' }),
    shape,
  );
}

/** Times since the beginning, as many as fit. */
function ticksFor(moments, x, width) {
  const found = [];
  moments.forEach((at, index) => {
    const here = x(index);
    const last = index === moments.length - 1;
    if (!found.length) found.push({ at, x: here, text: '0', anchor: 'start' });
    else if (here - found.at(-1).x >= tickGap && (last || width - left - here >= tickGap))
      found.push({ at, x: here, text: `+${duration((at - moments[0]) / 1000)}`, anchor: last ? 'end' : 'middle' });
  });
  return found;
}

function describe(events) {
  const seconds = (Date.parse(events.at(-1).at) - Date.parse(events[0].at)) / 1000;
  const kinds = new Map();
  for (const event of events) kinds.set(event.kind, (kinds.get(event.kind) ?? 0) + 1);
  return `${counted(events.length, 'event')} in ${duration(seconds)}: ${[...kinds].map(([kind, count]) => `${count} × ${words(kind)}`).join(', ')}. Each is in the list below.`;
}

// Small line charts over time in SVG, with gaps where nothing is known and the same said in words.
import { h } from './dom.js';
import { dash, isKnown } from './format.js';

const width = 320;
const height = 96;
const top = 8;
const bottom = 78;

/** The next of 1, 2, 5, 10, … that is not below the value. */
export function niceCeiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.9999) ?? 10 * power;
}

/** Runs of known values: nothing is drawn where nothing is known. */
export function runs(values) {
  const found = [];
  let open = null;
  values.forEach((value, index) => {
    if (!isKnown(value)) open = null;
    else if (open) open.push([index, value]);
    else found.push((open = [[index, value]]));
  });
  return found;
}

function summary(series, format) {
  const known = series.values.filter(isKnown);
  if (!known.length) return `${series.label}: nothing known`;
  return `${series.label}: now ${isKnown(series.values.at(-1)) ? format(series.values.at(-1)) : 'unknown'}, lowest ${format(Math.min(...known))}, highest ${format(Math.max(...known))}`;
}

/** `series`: [{label, values}], all of one length, oldest first. `from` and `until` are the ends of the axis in words. */
export function chart({ title, series, format, from, until, href }) {
  const known = series.flatMap((item) => item.values).filter(isKnown);
  const ceiling = niceCeiling(Math.max(0, ...known));
  const length = Math.max(2, ...series.map((item) => item.values.length));
  const x = (index) => ((index / (length - 1)) * width).toFixed(1);
  const y = (value) => (bottom - (value / ceiling) * (bottom - top)).toFixed(1);
  const draw = (run, index, number) =>
    run.length === 1
      ? h('circle', { key: `c${number}`, cx: x(run[0][0]), cy: y(run[0][1]), r: 1.5, class: `dot series-${index}` })
      : h('path', {
          key: `p${number}`,
          d: `M${run.map(([at, value]) => `${x(at)} ${y(value)}`).join('L')}`,
          class: `curve series-${index}`,
        });
  const name = `${title}. ${known.length ? series.map((item) => summary(item, format)).join('. ') : 'Nothing known yet'}.`;
  return h(
    'figure',
    { class: 'chart', key: title },
    h('figcaption', null, href ? h('a', { href }, title) : title),
    h(
      'div',
      { class: 'plot' },
      h(
        'svg',
        { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': name, preserveAspectRatio: 'none' },
        h('line', { x1: 0, x2: width, y1: top, y2: top, class: 'grid' }),
        h('line', { x1: 0, x2: width, y1: (top + bottom) / 2, y2: (top + bottom) / 2, class: 'grid' }),
        h('line', { x1: 0, x2: width, y1: bottom, y2: bottom, class: 'axis' }),
        series.map((item, index) =>
          h(
            'g',
            { key: item.label },
            runs(item.values).map((run, number) => draw(run, index, number)),
          ),
        ),
      ),
      h('span', { class: 'plot-top', 'aria-hidden': 'true' }, known.length ? format(ceiling) : ''),
      !known.length && h('span', { class: 'plot-empty', 'aria-hidden': 'true' }, 'nothing known yet'),
    ),
    h('p', { class: 'plot-ends', 'aria-hidden': 'true' }, h('span', null, from), h('span', null, until)),
    h(
      'ul',
      { class: 'legend', 'aria-hidden': 'true' },
      series.map((item, index) =>
        h(
          'li',
          { key: item.label },
          h(
            'svg',
            { viewBox: '0 0 12 4', width: 12, height: 4 },
            h('line', { x1: 0, x2: 12, y1: 2, y2: 2, class: `curve series-${index}` }),
          ),
          h('span', null, item.label),
          h('strong', null, isKnown(item.values.at(-1)) ? format(item.values.at(-1)) : dash),
        ),
      ),
    ),
  );
}

// What was given up: by sink and cause, as a list, and how it goes out again.
import { deliveryTable } from './delivery_lines.js';
import { h } from './dom.js';
import { words } from './format.js';
import { PagedList } from './list.js';
import { live } from './live.js';
import { figure, section, table } from './parts.js';
import { Replays } from './replays.js';
import { inline } from './text.js';
import { link } from './verdict.js';

const refreshEvery = 5;

export function parkedView({ parameters, redraw }) {
  const chosen = { sink: parameters.sink ?? '', cause: parameters.cause ?? '' };
  const list = new PagedList('deliveries', { state: 'parked', ...chosen, limit: 50 }, redraw);
  const replays = new Replays(chosen, redraw, () => list.load());
  let seconds = 0;
  list.load();
  replays.load();
  return {
    leave() {
      list.leave();
      replays.leave();
    },
    tick() {
      if (++seconds % refreshEvery === 0) list.refresh();
      replays.tick(seconds);
    },
    draw: () => [
      h('h1', { tabindex: '-1' }, 'Parked deliveries'),
      drawCauses(live.summary, chosen),
      drawChosen(chosen),
      replays.draw(),
      section(
        'List',
        list.head(),
        list.items &&
          deliveryTable('Parked deliveries', list.items, () => list.load(), { empty: 'Nothing is parked here.' }),
        list.foot('deliveries'),
      ),
      replays.drawPast(),
    ],
  };
}

function drawCauses(summary, chosen) {
  if (!summary) return h('p', { class: 'muted' }, 'Nothing heard yet.');
  const rows = Object.entries(summary.deliveries?.sinks ?? {}).flatMap(([sink, item]) =>
    Object.entries(item.parked_by_cause ?? {})
      .filter(([, count]) => count > 0)
      .map(([cause, count]) => ({
        key: `${sink} ${cause}`,
        class: chosen.sink === sink && (!chosen.cause || chosen.cause === cause) ? 'chosen' : undefined,
        cells: [
          h('a', { href: link('parked', { sink }) }, inline(sink)),
          words(cause),
          figure(count, link('parked', { sink, cause }), `parked for ${sink} because of ${words(cause)}`),
        ],
      })),
  );
  return section(
    'By sink and cause',
    table(
      'Parked deliveries by sink and cause',
      [{ title: 'Sink' }, { title: 'Cause' }, { title: 'Parked', number: true }],
      rows,
      { empty: 'Nothing is parked.' },
    ),
  );
}

function drawChosen({ sink, cause }) {
  if (!sink && !cause) return null;
  return h(
    'p',
    { class: 'chosen-line' },
    'Below: ',
    sink && ['sink ', inline(sink)],
    sink && cause && ', ',
    cause && `cause ${words(cause)}`,
    ' ',
    h('a', { href: '#/parked' }, 'Show all'),
  );
}

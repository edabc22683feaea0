// The list behind the sinks' figures: deliveries by state, sink and cause.
import { deliveryTable } from './delivery_lines.js';
import { h } from './dom.js';
import { PagedList } from './list.js';
import { knownSinks } from './live.js';
import { choice, field, formValues } from './parts.js';
import { link } from './verdict.js';

const states = ['pending', 'delivering', 'delivered', 'parked', 'discarded'];
const refreshEvery = 5;

export function deliveriesView({ parameters, redraw }) {
  const state = parameters.state || 'pending';
  const list = new PagedList('deliveries', { ...parameters, state, limit: 50 }, redraw);
  let seconds = 0;
  list.load();

  function filter(event) {
    event.preventDefault();
    location.hash = link('deliveries', formValues(event.currentTarget));
  }

  return {
    leave: () => list.leave(),
    tick() {
      if (++seconds % refreshEvery === 0) list.refresh();
    },
    draw: () => [
      h('h1', { tabindex: '-1' }, 'Deliveries'),
      h(
        'form',
        { class: 'filters', onsubmit: filter, 'aria-label': 'Filters' },
        field('State', choice('state', states, state, 'pending')),
        field('Sink', choice('sink', knownSinks(parameters.sink), parameters.sink, 'any')),
        h('div', { class: 'filter-buttons' }, h('button', { type: 'submit', class: 'primary' }, 'Filter')),
      ),
      list.head(),
      list.items && deliveryTable('Deliveries', list.items, () => list.load(), { empty: 'No delivery is like this.' }),
      list.foot('deliveries'),
    ],
  };
}

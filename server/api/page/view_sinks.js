// What each sink got and did not get, and the switch that holds it back.
import { post } from './api.js';
import { ask, say } from './dialog.js';
import { h } from './dom.js';
import { duration, isKnown, number, secondsBetween, time, words } from './format.js';
import { live } from './live.js';
import { button, chip, facts, figure, moment } from './parts.js';
import { inline } from './text.js';
import { link } from './verdict.js';

const states = ['pending', 'delivering', 'delivered', 'parked', 'discarded'];

export function sinksView() {
  return {
    draw: () => {
      const summary = live.summary;
      const sinks = Object.entries(summary?.deliveries?.sinks ?? {});
      return [
        h('h1', { tabindex: '-1' }, 'Sinks'),
        !summary && h('p', { class: 'muted' }, 'Nothing heard yet.'),
        summary && !sinks.length && h('p', { class: 'empty' }, 'No sink has had a delivery, and none is configured.'),
        h(
          'div',
          { class: 'cards' },
          sinks.map(([sink, item]) => drawSink(summary, sink, item)),
        ),
      ];
    },
  };
}

function drawSink(summary, sink, item) {
  const paused = isKnown(item.paused);
  const down = isKnown(item.health?.problem);
  const expiry = secondsBetween(summary.at, item.soonest_link_expiry);
  const id = `sink-${[...sink].map((letter) => letter.codePointAt(0).toString(36)).join('-')}`;
  const causes = Object.entries(item.parked_by_cause ?? {}).filter(([, count]) => count > 0);
  return h(
    'article',
    { class: `card${paused ? ' paused' : ''}`, key: sink, 'aria-labelledby': id },
    h(
      'header',
      null,
      h('h2', { id }, inline(sink)),
      h(
        'span',
        { class: 'chips' },
        item.configured === false && chip('removed from the configuration', 'warn'),
        item.configured !== false && (paused ? chip('paused') : down ? chip('down', 'bad') : chip('running', 'good')),
      ),
    ),
    paused && h('p', { class: 'reason', key: 'reason' }, 'Paused: ', inline(item.paused || 'no reason given')),
    down &&
      h(
        'p',
        { class: 'reason', key: 'problem' },
        `Down, ${isKnown(item.health.next_probe) ? `tried again at ${time(item.health.next_probe)}` : 'being tried'}: `,
        inline(item.health.problem),
      ),
    item.health?.ill_destinations > 0 &&
      h('p', { class: 'reason', key: 'hosts' }, `${number(item.health.ill_destinations)} of the callers' hosts are down.`),
    h(
      'dl',
      { class: 'states' },
      states.map((state) =>
        h(
          'div',
          { key: state, class: state },
          h('dt', null, words(state)),
          h(
            'dd',
            null,
            figure(
              item[state],
              state === 'parked' ? link('parked', { sink }) : link('deliveries', { state, sink }),
              `${state} for ${sink}`,
            ),
          ),
        ),
      ),
    ),
    causes.length > 0 &&
      h(
        'p',
        { class: 'causes', key: 'causes' },
        'Parked by cause: ',
        causes.map(([cause, count], index) =>
          h(
            'span',
            { key: cause },
            index ? ', ' : '',
            `${words(cause)} `,
            figure(count, link('parked', { sink, cause }), `parked for ${sink} because of ${words(cause)}`),
          ),
        ),
      ),
    facts([
      ['Oldest waiting', isKnown(item.oldest_waiting_age_seconds) ? duration(item.oldest_waiting_age_seconds) : null],
      ['Oldest parked', isKnown(item.oldest_parked_age_seconds) ? duration(item.oldest_parked_age_seconds) : null],
      ['Past due', isKnown(item.past_due_seconds) ? `for ${duration(item.past_due_seconds)}` : null],
      [
        'Next link ends',
        isKnown(item.soonest_link_expiry)
          ? h(
              'span',
              null,
              moment(item.soonest_link_expiry),
              h('small', { class: 'under' }, expiry > 0 ? `in ${duration(expiry)}` : 'has ended'),
            )
          : null,
      ],
    ]),
    item.configured !== false &&
      h(
        'footer',
        null,
        paused
          ? button('Resume', () => resume(sink), 'primary', { key: 'resume', 'aria-label': `Resume ${sink}` })
          : button('Pause …', () => pause(sink), '', { key: 'pause', 'aria-label': `Pause ${sink}` }),
      ),
  );
}

async function pause(sink) {
  const done = await ask({
    title: 'Pause this sink?',
    body: h(
      'p',
      null,
      'Nothing goes to ',
      inline(sink),
      ' until it is resumed. Its deliveries wait; none is lost, and its time does not run.',
    ),
    fields: [{ name: 'reason', label: 'Reason', required: true, hint: 'Everybody who looks at this sink sees it.' }],
    confirm: 'Pause',
    act: ({ reason }) => post(`sinks/${encodeURIComponent(sink)}/pause`, { reason }),
  });
  if (done) say('good', 'Paused: ', inline(sink));
}

async function resume(sink) {
  const done = await ask({
    title: 'Resume this sink?',
    body: h('p', null, 'What waits for ', inline(sink), ' goes out now.'),
    confirm: 'Resume',
    act: () => post(`sinks/${encodeURIComponent(sink)}/resume`),
  });
  if (done) say('good', 'Resumed: ', inline(sink));
}

// Replays of parked deliveries: first dry, then confirmed, then watched.
import { get, post } from './api.js';
import { ask, say } from './dialog.js';
import { h } from './dom.js';
import { counted, duration, isKnown, number, words } from './format.js';
import { knownSinks, live } from './live.js';
import {
  button,
  chip,
  choice,
  field,
  formValues,
  moment,
  notice,
  refusalNotice,
  section,
  table,
  toInstant,
} from './parts.js';
import { inline } from './text.js';

const causes = [
  'timeout',
  'refused',
  'reset',
  'dns',
  'tls',
  'status_3xx',
  'status_4xx',
  'status_5xx',
  'gone',
  'protocol',
  'too_large',
  'forbidden',
  'io',
  'format',
  'sink_removed',
  'unauthorized',
  'unknown_target',
  'unavailable',
];

export class Replays {
  /** `chosen`: the sink and cause to begin with. `changed` is called when deliveries left the list. */
  constructor(chosen, redraw, changed) {
    Object.assign(this, {
      chosen,
      redraw,
      changed,
      items: null,
      refusal: null,
      order: null,
      dry: null,
      busy: false,
      stopped: new AbortController(),
    });
  }

  leave() {
    this.stopped.abort();
  }

  async load() {
    try {
      const wasRunning = this.running().length > 0;
      this.items = (await get('replays', {}, this.stopped.signal)).data;
      if (wasRunning && !this.running().length) this.changed();
    } catch {
      // The list stays as it was; whether the service answers is said above.
    }
    this.redraw();
  }

  running() {
    return (this.items ?? []).filter((item) => item.state === 'running');
  }

  tick(seconds) {
    if (this.running().length || seconds % 15 === 0) this.load();
  }

  /** What would happen; nothing does. */
  async tryDry(event) {
    event.preventDefault();
    if (this.busy) return;
    const values = formValues(event.currentTarget);
    const order = { reason: values.reason };
    for (const name of ['sink', 'cause']) if (values[name]) order[name] = values[name];
    for (const name of ['created_after', 'created_before']) if (values[name]) order[name] = toInstant(values[name]);
    Object.assign(this, { busy: true, dry: null, refusal: null, order });
    this.redraw();
    try {
      this.dry = await post('replays', { ...order, dry_run: true });
    } catch (refusal) {
      this.refusal = refusal;
    }
    this.busy = false;
    this.redraw();
    document.getElementById('dry-run')?.focus();
  }

  /** What was tried dry, for good: as many as were counted, and no more. */
  async confirm() {
    if (this.busy) return;
    Object.assign(this, { busy: true, refusal: null });
    try {
      await post('replays', { ...this.order, dry_run: false, expected: this.dry.count });
      this.dry = null;
      say('good', 'The replay has begun.');
    } catch (refusal) {
      this.refusal = refusal;
      if (refusal.status === 409) this.dry = null;
    }
    this.busy = false;
    await this.load();
    document.getElementById('section-replay')?.scrollIntoView({ block: 'nearest' });
  }

  async cancel(item) {
    const done = await ask({
      title: 'Cancel this replay?',
      body: h(
        'p',
        null,
        `${number(item.replayed)} of ${number(item.total)} are on their way and stay so. The others stay parked.`,
      ),
      confirm: 'Cancel the replay',
      danger: true,
      act: () => post(`replays/${encodeURIComponent(item.id)}/cancel`),
    });
    if (!done) return;
    say('good', 'The replay is cancelled.');
    this.load();
  }

  draw() {
    return section(
      'Replay',
      h('p', { class: 'muted' }, 'First a dry run counts what would go out. Nothing is sent before you confirm.'),
      this.drawForm(),
      refusalNotice(this.refusal),
      this.dry && this.drawDry(),
      this.running().map((item) => this.drawProgress(item)),
    );
  }

  drawForm() {
    const known = Object.values(live.summary?.deliveries?.sinks ?? {}).flatMap((item) =>
      Object.keys(item.parked_by_cause ?? {}),
    );
    // A changed order was not tried: what the dry run said of the old one does not hold.
    const changed = () => {
      if (this.dry) {
        this.dry = null;
        this.redraw();
      }
    };
    return h(
      'form',
      { class: 'filters', onsubmit: (event) => this.tryDry(event), oninput: changed, 'aria-label': 'Replay' },
      field('Sink', choice('sink', knownSinks(this.chosen.sink), this.chosen.sink, 'every sink')),
      field('Cause', choice('cause', [...new Set([...causes, ...known])], this.chosen.cause, 'every cause')),
      field('Created after', h('input', { name: 'created_after', type: 'datetime-local', step: 1 })),
      field('Created before', h('input', { name: 'created_before', type: 'datetime-local', step: 1 })),
      field('Reason', h('input', { name: 'reason', required: true, maxlength: 500, autocomplete: 'off' })),
      h(
        'div',
        { class: 'filter-buttons' },
        h(
          'button',
          { type: 'submit', 'aria-disabled': this.busy ? 'true' : undefined },
          this.busy ? 'Counting …' : 'Dry run',
        ),
      ),
    );
  }

  drawDry() {
    const { count, oldest_created_at: oldest, estimated_seconds: estimated, per_second: pace, sinks = {} } = this.dry;
    if (count === 0) return notice('plain', 'Nothing is parked that fits.');
    return h(
      'div',
      {
        class: 'dry-run',
        id: 'dry-run',
        tabindex: '-1',
        role: 'group',
        'aria-label': 'Outcome of the dry run',
        key: 'dry',
      },
      h(
        'p',
        null,
        h('strong', null, `${counted(count, 'delivery', 'deliveries')} would go out again`),
        isKnown(oldest) && [', the oldest of ', moment(oldest)],
        isKnown(estimated) && `. It would take about ${duration(estimated)}`,
        isKnown(pace) && ` at ${number(pace)} per second`,
        '.',
      ),
      h(
        'ul',
        null,
        Object.entries(sinks).map(([sink, share]) => h('li', { key: sink }, inline(sink), `: ${number(share)}`)),
      ),
      h(
        'div',
        { class: 'dialog-buttons' },
        button(
          'Not now',
          () => {
            this.dry = null;
            this.redraw();
          },
          '',
          { key: 'no' },
        ),
        button(`Replay ${counted(count, 'delivery', 'deliveries')}`, () => this.confirm(), 'primary', { key: 'yes' }),
      ),
    );
  }

  drawProgress(item) {
    const share = item.total > 0 ? Math.min(1, item.replayed / item.total) : 0;
    const text = `${number(item.replayed)} of ${number(item.total)}`;
    return h(
      'div',
      { class: 'progress', key: item.id },
      h(
        'p',
        null,
        chip('running'),
        ' ',
        text,
        isKnown(item.estimated_seconds) && `, about ${duration(item.estimated_seconds)} to go`,
        '. ',
        inline(item.reason),
      ),
      h('progress', { max: 1, value: share, 'aria-label': `Replay: ${text}` }),
      button('Cancel', () => this.cancel(item), 'quiet-danger', { 'aria-label': 'Cancel this replay' }),
    );
  }

  drawPast() {
    const past = (this.items ?? []).filter((item) => item.state !== 'running');
    const what = (item) => [item.sink && inline(item.sink), item.cause && words(item.cause)].filter(Boolean);
    return section(
      'Past replays',
      table(
        'Replays that have ended, newest first',
        [
          { title: 'Started' },
          { title: 'State' },
          { title: 'What' },
          { title: 'Replayed', number: true },
          { title: 'Who' },
          { title: 'Reason', wide: true },
        ],
        past.map((item) => ({
          key: item.id,
          cells: [
            moment(item.started_at),
            chip(item.state),
            what(item).length ? what(item).flatMap((part, index) => (index ? [', ', part] : [part])) : 'everything',
            `${number(item.replayed)} of ${number(item.total)}`,
            inline(item.who),
            inline(item.reason),
          ],
        })),
        { empty: this.items ? 'None yet.' : 'Loading …' },
      ),
    );
  }
}

// A list of the service's, page by page. While it is looked at its lines stay where they are: they change in place, and
// new ones wait behind a button.
import { get } from './api.js';
import { h } from './dom.js';
import { button, notice, refusalNotice } from './parts.js';

export class PagedList {
  /** `redraw` is called when there is something new to draw. */
  constructor(path, parameters, redraw) {
    Object.assign(this, {
      path,
      parameters,
      redraw,
      items: null,
      cursor: null,
      refusal: null,
      busy: false,
      newer: null,
    });
    this.stopped = new AbortController();
  }

  leave() {
    this.stopped.abort();
  }

  /** The first page, anew. */
  async load() {
    await this.work(async (signal) => this.show(await get(this.path, this.parameters, signal)));
  }

  show(page) {
    Object.assign(this, { items: page.data, cursor: page.next_cursor, newer: null });
  }

  async more() {
    const { cursor } = this;
    await this.work(async (signal) => {
      const page = await get(this.path, { ...this.parameters, cursor }, signal);
      const known = new Set(this.items.map((item) => item.id));
      this.items = [...this.items, ...page.data.filter((item) => !known.has(item.id))];
      this.cursor = page.next_cursor;
    });
  }

  async work(task) {
    if (this.busy) return;
    this.busy = true;
    this.redraw();
    try {
      await task(this.stopped.signal);
      this.refusal = null;
    } catch (refusal) {
      if (!this.stopped.signal.aborted) this.refusal = refusal;
    }
    this.busy = false;
    if (!this.stopped.signal.aborted) this.redraw();
  }

  /** Looks again in the background. Lines that were there change in place; others are only offered. */
  async refresh() {
    if (this.busy || this.refreshing || !this.items) return;
    this.refreshing = true;
    try {
      const page = await get(this.path, this.parameters, this.stopped.signal);
      if (this.busy || this.stopped.signal.aborted) return;
      const fresh = new Map(page.data.map((item) => [item.id, item]));
      const compared = this.items.slice(0, Math.max(page.data.length, 1));
      const same =
        this.items.length > 0
          ? page.data[0]?.id === this.items[0].id && compared.every((item) => fresh.has(item.id))
          : page.data.length === 0;
      this.items = this.items.map((item) => fresh.get(item.id) ?? item);
      this.newer = same ? null : page;
      this.refusal = null;
      this.redraw();
    } catch {
      // The page says elsewhere that the service does not answer; what is shown stays.
    } finally {
      this.refreshing = false;
    }
  }

  /** What stands above and below the lines. */
  head() {
    return [
      refusalNotice(this.refusal),
      this.newer &&
        h(
          'div',
          { class: 'newer', key: 'newer' },
          notice('plain', 'The list has changed since.'),
          button('Show it as it is now', () => {
            this.show(this.newer);
            this.redraw();
          }),
        ),
    ];
  }

  foot(what) {
    if (!this.items)
      return this.refusal
        ? button('Try again', () => this.load())
        : h('p', { class: 'muted', key: 'loading' }, 'Loading …');
    return h(
      'p',
      { class: 'list-foot', key: 'foot' },
      h(
        'span',
        { class: 'muted' },
        `${this.items.length.toLocaleString('en')} ${what} shown${this.cursor ? ', there are more' : ''}`,
      ),
      this.cursor &&
        button(this.busy ? 'Loading …' : 'Show more', () => this.more(), '', {
          'aria-disabled': this.busy ? 'true' : undefined,
        }),
    );
  }
}

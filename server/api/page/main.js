// The page's frame: who is asking, where we are, how fresh what is shown is. Views draw what is between.
import { h, render } from './dom.js';
import { duration, isKnown } from './format.js';
import { ageOfSummary, freshness, live, onLive, startLive, stopLive } from './live.js';
import { sign } from './parts.js';
import { currentToken, forgetToken, onTokenChange, useToken } from './session.js';
import { inline } from './text.js';
import { judge, link } from './verdict.js';
import { views } from './views.js';

const head = document.getElementById('head');
const nav = document.getElementById('views');
const main = document.getElementById('main');
const announced = document.getElementById('announced');

let shown = null; // {hash, name, view}
let reason = ''; // why the token is asked for again
let drawing = false;

/** "#/task/task-1?x=y" is view task, argument task-1, parameters {x: 'y'}. */
function readHash() {
  const [path, search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, ...rest] = path.split('/');
  let argument = rest.join('/');
  try {
    argument = decodeURIComponent(argument);
  } catch {
    // A broken escape stays what it is.
  }
  return { name: views[name] ? name : 'now', argument, parameters: Object.fromEntries(new URLSearchParams(search)) };
}

/** Draws once, soon, however often it is asked for. */
function redraw() {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    draw();
  });
}

function draw() {
  document.body.dataset.freshness = freshness();
  document.body.classList.toggle('asking', !currentToken());
  drawTitle();
  drawHead();
  drawNav();
  if (currentToken())
    render(main, drawOutdated(), h('div', { key: shown.hash, class: `view view-${shown.name}` }, shown.view.draw()));
  else render(main, drawQuestion());
}

/** What needs somebody is also seen in a tab that is not looked at. */
function drawTitle() {
  const { state, findings } = judge(live.summary, freshness());
  const mark = !currentToken() || state === 'good' ? '' : state === 'wrong' ? `(${findings.length}) ` : '(?) ';
  const title = currentToken()
    ? (shown.view.title?.() ?? views[shown.name].title ?? views[shown.name].name)
    : 'Operator token';
  document.title = `${mark}${title} · voicehook`;
}

function drawHead() {
  const known = Boolean(currentToken());
  render(
    head,
    h(
      'a',
      { class: 'brand', href: '#/now', 'aria-label': 'voicehook, the view Now' },
      h(
        'svg',
        { viewBox: '0 0 32 32', width: 26, height: 26, 'aria-hidden': 'true' },
        h('rect', { width: 32, height: 32, rx: 8 }),
        h('path', { d: 'M8 13v6M12 9.5v13M16 12v8M20 7v18M24 13v6' }),
      ),
      h('span', null, 'voicehook'),
    ),
    known &&
      h(
        'form',
        { class: 'search', role: 'search', onsubmit: search },
        h('input', {
          id: 'search',
          type: 'search',
          name: 'q',
          autocomplete: 'off',
          spellcheck: 'false',
          placeholder: 'Any id: task, provider, webhook, trace, key',
          'aria-label': 'Find a task by any of its ids',
          'aria-keyshortcuts': '/',
        }),
        h('kbd', { 'aria-hidden': 'true' }, '/'),
      ),
    known && drawFreshness(),
    known &&
      h(
        'div',
        { class: 'who' },
        h('span', null, live.summary?.operator ? inline(live.summary.operator) : ''),
        h('button', { type: 'button', class: 'quiet', onclick: () => forgetToken() }, 'Forget token'),
      ),
  );
}

function drawFreshness() {
  const state = freshness();
  const seconds = ageOfSummary();
  const ago = isKnown(seconds) ? `updated ${duration(Math.floor(seconds))} ago` : 'nothing heard yet';
  const mood = { fresh: 'good', stale: 'warn', lost: 'bad', unknown: 'unknown' }[state];
  return h(
    'p',
    { class: `freshness ${mood}`, title: live.by ? `How: ${live.by}` : undefined },
    sign(mood),
    h('span', null, state === 'lost' && isKnown(seconds) ? `no answer, ${ago}` : ago),
  );
}

/** On every view but the first, whose headline says it. */
function drawOutdated() {
  const state = freshness();
  if (shown.name === 'now' || (state !== 'stale' && state !== 'lost')) return null;
  const mood = state === 'lost' ? 'bad' : 'warn';
  const since = isKnown(ageOfSummary()) ? ` for ${duration(Math.floor(ageOfSummary()))}` : '';
  return h(
    'p',
    { key: 'outdated', class: `outdated ${mood}` },
    sign(mood),
    h(
      'span',
      null,
      state === 'lost'
        ? `No answer from the service${since}. What you see is old; it comes back by itself.`
        : `Nothing new from the service${since}. What you see is getting old.`,
    ),
  );
}

function drawNav() {
  const summary = live.summary;
  render(
    nav,
    currentToken() &&
      h(
        'ul',
        null,
        Object.entries(views)
          .filter(([, view]) => view.title)
          .map(([name, view]) => {
            const badge = summary ? view.badge?.(summary) : 0;
            const current = name === shown.name || views[shown.name].within === name;
            return h(
              'li',
              { key: name },
              h(
                'a',
                { href: `#/${name}`, 'aria-current': current ? 'page' : undefined },
                view.title,
                badge > 0 && h('span', { class: 'badge' }, badge > 999 ? '999+' : badge),
              ),
            );
          }),
      ),
  );
}

function drawQuestion() {
  return h(
    'form',
    { class: 'question', key: 'question', onsubmit: takeToken },
    h('h1', { tabindex: '-1' }, 'Operator token'),
    reason && h('p', { role: 'alert', class: 'refusal' }, sign('bad'), reason),
    h('p', null, 'This page holds nothing of the service. With your token it asks for what it shows.'),
    h(
      'label',
      { class: 'field' },
      h('span', null, 'Token'),
      h('input', {
        id: 'token',
        name: 'token',
        type: 'password',
        required: true,
        autocomplete: 'off',
        spellcheck: 'false',
      }),
    ),
    h('p', { class: 'muted' }, 'It is kept in this tab alone, until it is closed or you choose “Forget token”.'),
    h('button', { type: 'submit', class: 'primary' }, 'Continue'),
  );
}

function takeToken(event) {
  event.preventDefault();
  const token = event.currentTarget.elements.token.value.trim();
  // What no header can carry cannot be a token.
  if (/^[\x21-\x7e]+$/.test(token)) return useToken(token);
  reason = 'A token has only visible ASCII characters.';
  redraw();
}

function search(event) {
  event.preventDefault();
  const { q } = event.currentTarget.elements;
  if (q.value.trim()) location.hash = link('tasks', { q: q.value.trim() });
}

function go() {
  const where = readHash();
  shown?.view.leave?.();
  shown = { hash: location.hash, name: where.name, view: views[where.name].open({ ...where, redraw }) };
  draw();
  scrollTo(0, 0);
  showCurrent();
  main.querySelector('h1')?.focus({ preventScroll: true });
}

/** Where the navigation is one line, the current view's link is in it. */
function showCurrent() {
  const current = nav.querySelector('[aria-current]');
  if (current) nav.scrollLeft = current.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;
}

function tokenChanged(why) {
  reason = why ?? '';
  if (currentToken()) {
    startLive();
    go();
    return;
  }
  stopLive();
  shown?.view.leave?.();
  draw();
  document.getElementById('token').focus();
}

let said = '';

/** Tells who only hears the page when the whole picture changes, and nothing else. */
function announce() {
  const { state, headline } = judge(live.summary, freshness());
  if (!currentToken() || headline === said) return;
  const first = said === '';
  said = headline;
  if (!first || state !== 'unknown') announced.textContent = headline;
}

addEventListener('hashchange', () => {
  if (currentToken()) go();
});
addEventListener('resize', redraw);
addEventListener('keydown', (event) => {
  const typing = event.target.closest?.('input, textarea, select, dialog');
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    document.getElementById('search')?.select();
    document.getElementById('search')?.focus();
  }
  if (event.key === 'Escape' && event.target.id === 'search') {
    event.target.value = '';
    main.querySelector('h1')?.focus();
  }
});
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
onTokenChange(tokenChanged);
onLive((what, item) => {
  if (!currentToken()) return;
  shown.view.onLive?.(what, item);
  announce();
  redraw();
});
setInterval(() => {
  if (!currentToken()) return;
  shown.view.tick?.();
  announce();
  redraw();
}, 1000);

shown = { hash: location.hash, name: 'now', view: { draw: () => [] } };
tokenChanged();

// What the service says of itself, kept current: by its event stream, by asking where there is none, and through its
// absence until it is back.
import { get, readEvents } from './api.js';
import { currentToken } from './session.js';

const pollEvery = 2000;
const silenceLimit = 10000;
const firstBackoff = 500;
const longestBackoff = 8000;
const shownActivities = 60;

/** Older than this is said to be old; older than that says nothing any more. In seconds. */
export const staleAfter = 8;
export const lostAfter = 20;

/** `at`: this browser's clocks when the summary came; `trouble`: why there is none that is newer. */
export const live = { summary: null, at: null, trouble: '', by: '', activities: [], skipped: 0 };

const listeners = new Set();
let run = null;
let lastId;

/** Called with 'summary', 'activity' or 'trouble' when there is something new. */
export function onLive(listener) {
  listeners.add(listener);
}

function tell(what, item) {
  for (const listener of listeners) listener(what, item);
}

/** A steady clock stands still while a computer sleeps, one on the wall may be set back. */
const clocks = () => ({ steady: performance.now(), wall: Date.now() });

/** Seconds since the last summary came; null when none has. Of two clocks the later: too old is safer than too fresh. */
export function ageOfSummary() {
  if (live.at === null) return null;
  const now = clocks();
  return Math.max(now.steady - live.at.steady, now.wall - live.at.wall) / 1000;
}

/** unknown (nothing yet), fresh, stale or lost. */
export function freshness() {
  const seconds = ageOfSummary();
  if (seconds === null) return live.trouble ? 'lost' : 'unknown';
  if (seconds > lostAfter) return 'lost';
  return seconds > staleAfter ? 'stale' : 'fresh';
}

/** The sinks of the last summary, and the one that was asked for. */
export function knownSinks(chosen) {
  return [...new Set([...Object.keys(live.summary?.deliveries?.sinks ?? {}), ...(chosen ? [chosen] : [])])];
}

export function startLive() {
  stopLive();
  run = new AbortController();
  stayConnected(run.signal);
}

/** Also forgets what was shown: the next operator may not see it. */
export function stopLive() {
  run?.abort();
  run = null;
  lastId = undefined;
  Object.assign(live, { summary: null, at: null, trouble: '', by: '', activities: [], skipped: 0 });
}

async function stayConnected(signal) {
  let failures = 0;
  while (!signal.aborted && currentToken()) {
    let why = null;
    try {
      await follow(signal, () => {
        failures = 0;
      });
    } catch (reason) {
      why = reason;
    }
    if (signal.aborted) return;
    try {
      await ask(signal, why?.status === 404 ? 'asking' : 'asking, the stream is broken');
      failures = 0;
    } catch (reason) {
      if (signal.aborted) return;
      ++failures;
      live.trouble = reason.message;
      tell('trouble');
    }
    const backoff = Math.min(longestBackoff, firstBackoff * 2 ** failures);
    await pause(failures ? backoff * (0.75 + Math.random() / 2) : pollEvery, signal);
  }
}

async function ask(signal, how) {
  const summary = await get('summary', {}, signal);
  if (!signal.aborted) take(summary, how);
}

function take(summary, how) {
  live.summary = summary;
  live.at = clocks();
  live.trouble = '';
  live.by = how;
  tell('summary');
}

/** Follows the stream until it breaks. A stream that says nothing for long is broken too. */
async function follow(signal, onSuccess) {
  const stream = new AbortController();
  const stop = () => stream.abort();
  signal.addEventListener('abort', stop);
  let watchdog = setTimeout(stop, silenceLimit);
  try {
    await readEvents({
      lastId,
      signal: stream.signal,
      onBytes: () => {
        clearTimeout(watchdog);
        watchdog = setTimeout(stop, silenceLimit);
      },
      onEvent: (event) => {
        if (signal.aborted) return;
        onSuccess();
        receive(event);
      },
    });
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener('abort', stop);
  }
}

function receive({ event, data, id }) {
  if (id) lastId = id;
  if (event === 'summary') take(JSON.parse(data), 'live');
  if (event === 'skipped') live.skipped += JSON.parse(data).count;
  if (event !== 'activity') return;
  const item = JSON.parse(data);
  if (live.activities.some((known) => known.seq === item.seq && known.at === item.at)) return;
  live.activities = [item, ...live.activities].slice(0, shownActivities);
  tell('activity', item);
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

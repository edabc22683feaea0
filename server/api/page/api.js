// /ops/v1 as functions. Paths are relative to the page, so that it also works below a proxy's path.
import { currentToken, forgetToken } from './session.js';

const patience = 20000;

/** What the service, or the way to it, had against a request. `status` 0: no answer came. */
export class Refusal extends Error {
  constructor(status, title, detail, errors = []) {
    super([title, detail, ...errors.map((item) => `${item.field} ${item.message}`)].filter(Boolean).join(' · '));
    this.status = status;
    this.code = '';
  }
}

function refused() {
  forgetToken('The service does not know this token. It may have been replaced.');
}

async function readRefusal(answer) {
  let problem = {};
  try {
    problem = await answer.json();
  } catch {
    // Not every answer on the way to the service is JSON.
  }
  const refusal = new Refusal(
    answer.status,
    problem.title ?? `HTTP ${answer.status}`,
    problem.detail ?? '',
    problem.errors ?? [],
  );
  refusal.code = String(problem.error?.code ?? '');
  return refusal;
}

async function send(method, path, body, signal) {
  const token = currentToken();
  const timeout = AbortSignal.timeout(patience);
  const answer = await fetch(`v1/${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: 'no-store',
    credentials: 'omit',
    signal: signal ? anyOf(signal, timeout) : timeout,
  }).catch((reason) => {
    if (signal?.aborted) throw reason;
    throw new Refusal(0, 'No answer from the service', reason.name === 'TimeoutError' ? 'It took too long.' : '');
  });
  if (answer.status === 401 && token === currentToken()) refused();
  if (!answer.ok) throw await readRefusal(answer);
  return answer.json();
}

function anyOf(...signals) {
  const either = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) either.abort(signal.reason);
    signal.addEventListener('abort', () => either.abort(signal.reason), { once: true });
  }
  return either.signal;
}

/** `parameters` that are empty are left out. */
export function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : '';
}

export const get = (path, parameters = {}, signal) => send('GET', path + query(parameters), undefined, signal);
export const post = (path, body = {}) => send('POST', path, body);

/**
 * Reads `GET events` until it ends, calling `onEvent({event, data, id})` for each. EventSource cannot send the token.
 * Throws a Refusal with status 404 where the service has no such stream. `onBytes` is told of every sign of life.
 */
export async function readEvents({ lastId, signal, onEvent, onBytes }) {
  const token = currentToken();
  const answer = await fetch('v1/events', {
    headers: {
      Authorization: `Bearer ${token}`,
      Accept: 'text/event-stream',
      ...(lastId ? { 'Last-Event-ID': lastId } : {}),
    },
    cache: 'no-store',
    credentials: 'omit',
    signal,
  });
  if (answer.status === 401 && token === currentToken()) refused();
  if (!answer.ok) throw await readRefusal(answer);
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) onEvent(event);
    }
  }
}

function parseEvent(block) {
  const found = { event: 'message', data: [], id: undefined };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') found.data.push(value);
    else if (name === 'event' || name === 'id') found[name] = value;
  }
  return found.data.length ? { ...found, data: found.data.join('\n') } : null;
}

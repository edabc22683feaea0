// The operations API as a small server of fixtures, and the page's files beside it. Tests change what it says, and take
// it away. It checks what the page sends the way the service does.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as records from './fixture_records.js';
import * as fixtures from './fixtures.js';

export const token = 'operator-token-of-the-stub';
const folder = fileURLToPath(new URL('../../server/api/page', import.meta.url));
const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The service's own policy: what the page needs here it needs there. */
function contentSecurityPolicy() {
  const source = readFileSync(`${folder}/../page.cpp`, 'utf8');
  const literal = /content_security_policy =\s*((?:"[^"]*"\s*)+);/.exec(source)[1];
  return [...literal.matchAll(/"([^"]*)"/g)].map((part) => part[1]).join('');
}

export class Stub {
  constructor() {
    this.tasks = fixtures.makeTasks();
    this.deliveries = fixtures.makeDeliveries();
    this.summary = fixtures.makeSummary(this.deliveries);
    this.actions = records.makeActions();
    this.replays = records.makeReplays();
    this.backups = records.makeBackups();
    this.bigText = `${'{"line":"' + 'x'.repeat(10 * 1024 * 1024)}"}`;
    this.token = token;
    this.hasStream = true;
    this.silent = false; // the stream stays open and says nothing
    this.every = 500;
    this.requests = [];
    this.streams = new Set();
    this.sockets = new Set();
    this.seq = 0;
    this.sent = 0; // summaries on streams
  }

  async start(port = 0) {
    this.server = createServer((request, response) =>
      this.serve(request, response).catch((reason) => {
        console.error(reason);
        response.destroy();
      }),
    );
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/ops/`;
    this.timer = setInterval(() => this.sendSummary(), this.every);
    return this;
  }

  async stop() {
    clearInterval(this.timer);
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  sendSummary() {
    if (this.silent) return;
    if (this.streams.size) ++this.sent;
    for (const stream of this.streams)
      stream.write(`event: summary\ndata: ${JSON.stringify(this.currentSummary())}\n\n`);
  }

  currentSummary() {
    return { ...this.summary, at: new Date().toISOString() };
  }

  tell(kind, changes = {}) {
    const item = {
      seq: ++this.seq,
      at: new Date().toISOString(),
      kind,
      task: null,
      caller: null,
      sink: null,
      detail: '',
      ...changes,
    };
    for (const stream of this.streams)
      stream.write(`event: activity\nid: ${item.seq}\ndata: ${JSON.stringify(item)}\n\n`);
  }

  async serve(request, response) {
    const url = new URL(request.url, 'http://stub');
    const { pathname: path } = url;
    if (!path.startsWith('/ops/v1/')) return this.serveFile(path, response);
    let text = '';
    for await (const part of request) text += part;
    const body = text ? JSON.parse(text) : undefined;
    this.requests.push({
      method: request.method,
      path: path.slice('/ops/v1/'.length),
      query: Object.fromEntries(url.searchParams),
      body,
    });
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return problem(response, 401, 'unauthorized', 'Send a known token.');
    if (path === '/ops/v1/events' && this.hasStream) return this.serveEvents(response);
    const answer = this.answer(request.method, path.slice('/ops/v1/'.length), url.searchParams, body);
    if (!answer) return problem(response, 404, 'not_found', 'There is nothing here.');
    if (answer.refuse) return problem(response, ...answer.refuse);
    response.writeHead(answer.status ?? 200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer.body));
  }

  serveFile(path, response) {
    const name = path === '/ops/' ? 'index.html' : /^\/ops\/page\/([\w.]+)$/.exec(path)?.[1];
    if (!name) return response.writeHead(404).end();
    response.writeHead(200, {
      'Content-Type': types[name.split('.').pop()],
      'Content-Security-Policy': contentSecurityPolicy(),
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-cache',
    });
    response.end(readFileSync(`${folder}/${name}`));
  }

  serveEvents(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
    response.write(`event: summary\ndata: ${JSON.stringify(this.currentSummary())}\n\n`);
  }

  answer(method, path, query, body) {
    const [name, id, action] = path.split('/').map(decodeURIComponent);
    const key = `${method} ${name}${id === undefined ? '' : '/{id}'}${action ? `/${action}` : ''}`;
    return this.routes[key]?.call(this, { id, query, body });
  }

  routes = {
    'GET summary': () => ({ body: this.currentSummary() }),
    'GET history': ({ query }) => ({ body: records.makeHistory(query.get('window') ?? '1h') }),
    'GET tasks': ({ query }) =>
      this.page(
        this.tasks.filter((item) => this.fits(item, query)),
        query,
      ),
    'GET tasks/{id}': ({ id }) => {
      const item = this.tasks.find((task) => task.id === id || task.provider_task_id === id);
      return (
        item && {
          body: records.makeTask(
            item,
            this.deliveries.filter((delivery) => delivery.task === item.id),
            this.bigText,
          ),
        }
      );
    },
    'GET deliveries': ({ query }) =>
      this.page(
        this.deliveries.filter((item) =>
          ['state', 'sink', 'cause'].every((name) => !query.get(name) || item[name] === query.get(name)),
        ),
        query,
      ),
    'GET replays': ({ query }) => this.page(this.replays, query),
    'GET actions': ({ query }) => this.page(this.actions, query),
    'GET backups': () => ({ body: this.backups }),
    'POST backups': () => {
      if (this.backups.running) return { refuse: [409, 'backup_running', 'A backup is running.'] };
      this.backups.running = {
        started_at: new Date().toISOString(),
        who: 'ann',
        file: 'x.db',
        pages_done: 400,
        pages_total: 1000,
      };
      return { status: 202, body: this.backups };
    },
    'POST tasks/{id}/resolve': ({ body }) =>
      body.action === 'resubmit' && body.accept_double_payment !== true
        ? { refuse: [409, 'double_payment_possible', 'It may be paid twice.'] }
        : done,
    'POST deliveries/{id}/retry': ({ id }) => this.move(id, 'pending'),
    'POST deliveries/{id}/discard': ({ id, body }) =>
      body?.reason
        ? this.move(id, 'discarded')
        : { refuse: [400, 'invalid_request', '', [{ field: 'reason', message: 'is required' }]] },
    'POST sinks/{id}/pause': ({ id, body }) => this.setPaused(id, body.reason),
    'POST sinks/{id}/resume': ({ id }) => this.setPaused(id, null),
    'POST replays': ({ body }) => this.replay(body),
    'POST replays/{id}/cancel': ({ id }) => {
      const item = this.replays.find((replay) => replay.id === id);
      if (item.state !== 'running') return { refuse: [409, 'replay_ended', 'It has ended.'] };
      Object.assign(item, { state: 'cancelled', finished_at: new Date().toISOString() });
      return { body: item };
    },
  };

  fits(item, query) {
    const q = query.get('q');
    if (q) return [item.id, item.provider_task_id, item.idempotency_key, item.trace_id].includes(q);
    return (
      ['caller', 'status', 'stage'].every((name) => !query.get(name) || item[name] === query.get(name)) &&
      (!query.get('created_after') || item.created_at > query.get('created_after')) &&
      (!query.get('created_before') || item.created_at < query.get('created_before'))
    );
  }

  page(items, query) {
    const from = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 50);
    return {
      body: {
        data: items.slice(from, from + limit),
        next_cursor: from + limit < items.length ? String(from + limit) : null,
      },
    };
  }

  move(id, state) {
    const item = this.deliveries.find((delivery) => delivery.id === id);
    if (item?.state !== 'parked')
      return { refuse: [409, 'conflict', 'The parked delivery is not in a state that allows this.'] };
    item.state = state;
    const sink = this.summary.deliveries.sinks[item.sink];
    --sink.parked;
    --sink.parked_by_cause[item.cause];
    ++sink[state];
    return done;
  }

  setPaused(sink, reason) {
    this.summary.deliveries.sinks[sink].paused = reason;
    this.sendSummary();
    return done;
  }

  replay(body) {
    const fitting = this.deliveries.filter(
      (item) =>
        item.state === 'parked' &&
        (!body.sink || item.sink === body.sink) &&
        (!body.cause || item.cause === body.cause),
    );
    if (!body.reason) return { refuse: [400, 'invalid_request', '', [{ field: 'reason', message: 'is required' }]] };
    if (body.dry_run) {
      const sinks = {};
      for (const item of fitting) sinks[item.sink] = (sinks[item.sink] ?? 0) + 1;
      return {
        body: {
          dry_run: true,
          count: fitting.length,
          oldest_created_at: fitting[0]?.created_at ?? null,
          per_second: 20,
          estimated_seconds: Math.ceil(fitting.length / 20),
          sinks,
        },
      };
    }
    if (fitting.length > body.expected) return { refuse: [409, 'more_than_expected', `${fitting.length} fit now.`] };
    const now = new Date().toISOString();
    const item = {
      id: `replay-${this.replays.length}`,
      state: 'running',
      sink: body.sink ?? null,
      cause: body.cause ?? null,
      created_after: null,
      created_before: null,
      reason: body.reason,
      who: 'ann',
      started_at: now,
      updated_at: now,
      finished_at: null,
      total: fitting.length,
      replayed: Math.floor(fitting.length / 3),
      per_second: 20,
      estimated_seconds: 3,
    };
    this.replays.unshift(item);
    return { status: 202, body: item };
  }
}

const done = { body: { status: 'done' } };

function problem(response, status, code, detail, errors) {
  response.writeHead(status, { 'Content-Type': 'application/problem+json' });
  response.end(
    JSON.stringify({
      type: 'about:blank',
      title: code.replaceAll('_', ' '),
      status,
      detail,
      errors,
      error: { code, message: detail, type: 'error' },
    }),
  );
}

// A service as the page may find one: everything that can be shown is here at least once, hostile texts too.

export const hostile = {
  markup: '<img src=x onerror="window.owned=1"><script>window.owned=1</script>',
  bidi: 'invoice\u202egnp.exe\u2066 and \u200bnothing',
  control: 'ring\u0007 escape\u001b[31m red\u0000 end\u009b',
  attribute: '"\'><svg onload=window.owned=1>',
  template: '${window.owned=1} {{constructor.constructor("window.owned=1")()}} javascript:window.owned=1',
};

const clock = Date.now();
export const ago = (seconds) => new Date(clock - seconds * 1000).toISOString();
export const secondsSince = (moment) => (clock - Date.parse(moment)) / 1000;
export const ahead = (seconds) => ago(-seconds);
export const id = (number) =>
  `task-019d${String(number).padStart(4, '0')}-7c3a-7d21-9f00-5b1e${String(number).padStart(8, '0')}`;

export const stuckTask = id(1);
export const stuckProviderId = 'task-unified-1775123456-abcd1234';
export const unknownTask = id(2);
export const disputedTask = id(3);
export const hostileTask = id(4);
export const parkedTask = id(5);

function line(number, changes = {}) {
  return {
    id: id(number),
    provider_task_id: `task-unified-17751${String(number).padStart(5, '0')}-ab12cd34`,
    caller: 'tts-web',
    stage: 'ended',
    status: 'completed',
    dispute: 'none',
    created_at: ago(60 + number * 7),
    ended_at: ago(40 + number * 7),
    last_problem: '',
    overdue: false,
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    idempotency_key: null,
    ...changes,
  };
}

export function makeTasks() {
  return [
    line(1, {
      provider_task_id: stuckProviderId,
      stage: 'in_flight',
      status: 'processing',
      created_at: ago(93600),
      ended_at: null,
      overdue: true,
      last_problem: 'timeout',
      idempotency_key: 'order-4711',
    }),
    line(2, {
      provider_task_id: null,
      stage: 'unknown',
      status: 'pending',
      created_at: ago(340),
      ended_at: null,
      last_problem: 'reset',
    }),
    line(3, { dispute: 'disputed', caller: 'batch' }),
    line(4, {
      caller: hostile.markup,
      provider_task_id: hostile.bidi,
      last_problem: hostile.control,
      status: 'failed',
      idempotency_key: hostile.attribute,
      trace_id: hostile.template,
    }),
    line(5, { status: 'failed', last_problem: 'content_policy' }),
    line(6, {
      stage: 'queued',
      status: 'pending',
      provider_task_id: null,
      ended_at: null,
      last_problem: 'unauthorized',
      created_at: ago(21),
    }),
    line(7, { status: 'cancelled' }),
    ...Array.from({ length: 160 }, (_, index) => line(index + 10)),
  ];
}

export function makeDeliveries() {
  const delivery = (number, changes) => ({
    id: `delivery-019d${String(number).padStart(4, '0')}-7c3a-7d21-9f00-5b1e00000000`,
    task: id(number),
    caller: 'tts-web',
    sink: 'results',
    state: 'delivered',
    attempts: 1,
    created_at: ago(40 + number * 7),
    due_at: ago(40 + number * 7),
    cause: null,
    last_answer: 'HTTP 200',
    destination: null,
    ...changes,
  });
  return [
    delivery(5, { state: 'parked', attempts: 34, cause: 'status_5xx', last_answer: 'HTTP 503' }),
    delivery(4, {
      state: 'parked',
      attempts: 2,
      sink: hostile.attribute,
      cause: 'forbidden',
      last_answer: hostile.markup,
      destination: hostile.template,
      caller: hostile.markup,
    }),
    delivery(3, { state: 'delivered' }),
    ...Array.from({ length: 70 }, (_, index) =>
      delivery(index + 10, {
        state: 'parked',
        attempts: 30 + (index % 5),
        cause: index % 3 ? 'status_5xx' : 'timeout',
        last_answer: index % 3 ? 'HTTP 503' : 'no answer within 15 s',
      }),
    ),
    ...Array.from({ length: 6 }, (_, index) =>
      delivery(index + 90, {
        state: 'pending',
        attempts: index,
        sink: 'archive',
        due_at: ahead(20 + index * 90),
        last_answer: index ? 'HTTP 500' : '',
        cause: index ? 'status_5xx' : null,
      }),
    ),
    ...Array.from({ length: 30 }, (_, index) => delivery(index + 100, { sink: index % 2 ? 'results' : 'archive' })),
  ];
}

export function makeSummary(deliveries) {
  const sinks = {};
  for (const sink of ['results', 'archive', 'callback_url', hostile.attribute, 'old-consumer'])
    sinks[sink] = {
      pending: 0,
      delivering: 0,
      delivered: 0,
      parked: 0,
      discarded: 0,
      parked_by_cause: {},
      oldest_waiting_age_seconds: null,
      oldest_parked_age_seconds: null,
      past_due_seconds: null,
      soonest_link_expiry: null,
      paused: null,
      health: { breaker: 'closed', problem: null, next_probe: null, in_flight: 0, ill_destinations: 0 },
      configured: true,
    };
  for (const item of deliveries) {
    const sink = sinks[item.sink];
    ++sink[item.state];
    if (item.state === 'parked') sink.parked_by_cause[item.cause] = (sink.parked_by_cause[item.cause] ?? 0) + 1;
  }
  Object.assign(sinks.results, {
    delivered: 48211,
    oldest_parked_age_seconds: 51200,
    soonest_link_expiry: ahead(9200),
  });
  Object.assign(sinks.archive, {
    delivered: 48190,
    oldest_waiting_age_seconds: 640,
    past_due_seconds: 12,
    paused: 'moving to the new disk',
  });
  Object.assign(sinks.callback_url, { delivered: 3120 });
  sinks.callback_url.health.ill_destinations = 2;
  Object.assign(sinks[hostile.attribute].health, { breaker: 'open', problem: hostile.attribute, next_probe: ahead(4) });
  Object.assign(sinks['old-consumer'], { configured: false, health: null, delivered: 91, discarded: 4 });
  return {
    at: new Date().toISOString(),
    version: '0.1.0',
    operator: 'ann',
    ready: true,
    tasks: {
      queued: { count: 1, oldest_age_seconds: 21 },
      submitting: { count: 0, oldest_age_seconds: null },
      unknown: { count: 1, oldest_age_seconds: 340 },
      in_flight: { count: 1, oldest_age_seconds: 93600 },
      ended: { count: 48214, oldest_age_seconds: null },
    },
    accepted: 60321,
    retired: 12104,
    disputed: 1,
    unrouted: 0,
    results: { callback: 46120, query: 1490, refusal: 560, ours: 12, operator: 32 },
    recovered_by_query_share: 0.0313,
    past_due: { submissions_seconds: null, queries_seconds: 7200, deliveries_seconds: 12 },
    deliveries: { created: 99812, retired: 20311, sinks },
    soonest_link_expiry: ahead(9200),
    open_by_caller: { 'tts-web': 2, batch: 0, [hostile.markup]: 1 },
    store_bytes: 734003200,
    conservation: { ok: true, violations: [] },
    replicas: [
      {
        name: 'node-a:4121',
        owner: '4121-5b1e0c9d2f11',
        version: '0.1.0',
        started_at: ago(86400 * 3),
        seen_at: ago(0.4),
        self: true,
      },
      {
        name: 'node-b:977',
        owner: '977-0aa1e2f37c55',
        version: '0.1.0',
        started_at: ago(7200),
        seen_at: ago(0.9),
        self: false,
      },
    ],
    provider: {
      in_flight: 3,
      credits: { remaining: 18240, unlimited: false, at: ago(120) },
      last_answer_at: ago(2),
      last_problem: { at: ago(95), operation: 'submit', status: '429' },
      requests: {
        submit: { '2xx': 60100, '3xx': 0, '4xx': 210, 429: 44, '5xx': 12, none: 3 },
        query: { '2xx': 9120, '3xx': 0, '4xx': 3, 429: 1, '5xx': 9, none: 1 },
        credits: { '2xx': 1440, '3xx': 0, '4xx': 0, 429: 0, '5xx': 0, none: 0 },
      },
      submissions: {
        accepted: 60090,
        refused: 190,
        refused_quota: 2,
        unauthorized: 18,
        retry_later: 44,
        unknown: 15,
        lost: 1,
        expired: 0,
      },
    },
    intake: {
      since: ago(86400 * 3),
      callbacks: {
        accepted: 46120,
        duplicate: 340,
        conflict: 1,
        ignored: 22,
        evidence: 0,
        orphan: 0,
        mismatch: 0,
        malformed: 2,
        bad_token: 61,
        too_large: 0,
        media_type: 1,
        retired: 3,
        unavailable: 0,
      },
      rejected: { public: { not_found: 1290, tls: 33, header_too_long: 0 }, api: { unauthorized: 4 }, ops: {} },
    },
    canary: { last_at: ago(44), ok: true, latency_ms: 1830, failures: 0 },
  };
}

/** Nothing is late, nothing is lost. */
export function calm(summary) {
  const quiet = structuredClone(summary);
  for (const sink of Object.values(quiet.deliveries.sinks))
    Object.assign(sink, {
      pending: 0,
      parked: 0,
      parked_by_cause: {},
      paused: null,
      past_due_seconds: null,
      oldest_parked_age_seconds: null,
      oldest_waiting_age_seconds: null,
      soonest_link_expiry: null,
      health: { breaker: 'closed', problem: null, next_probe: null, in_flight: 0, ill_destinations: 0 },
      configured: true,
    });
  Object.assign(quiet, {
    disputed: 0,
    soonest_link_expiry: null,
    past_due: { submissions_seconds: null, queries_seconds: null, deliveries_seconds: null },
  });
  quiet.tasks.unknown = { count: 0, oldest_age_seconds: null };
  quiet.provider.last_problem = null;
  return quiet;
}

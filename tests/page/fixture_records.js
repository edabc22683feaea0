// What the service tells of one thing: its history, a task's life, the audit trail, replays and backups.
import { ago, ahead, hostile, hostileTask, id, secondsSince, stuckTask } from './fixtures.js';

export function makeHistory(window) {
  const length = window === '24h' ? 288 : 360;
  const wave = (low, high, period, noise = 0.08) =>
    Array.from({ length }, (_, at) => {
      const base = (Math.sin((at / period) * 2 * Math.PI) + 1) / 2;
      const jitter = ((Math.sin(at * 12.9898) * 43758.5453) % 1) * noise;
      return Math.max(0, low + (high - low) * (base + jitter));
    });
  const gap = (values, from, to) => values.map((value, at) => (at >= from && at < to ? null : value));
  return {
    window,
    step_seconds: window === '24h' ? 300 : 10,
    until: new Date().toISOString(),
    series: {
      submissions_per_second: gap(wave(2, 9, 120), 0, 30),
      callbacks_per_second: gap(wave(2, 8.5, 118), 0, 30),
      deliveries_per_second: gap(wave(3, 17, 121), 0, 30),
      ack_p50_seconds: gap(wave(0.0011, 0.0016, 90), 140, 175),
      ack_p99_seconds: gap(wave(0.004, 0.009, 70), 140, 175),
      delivery_lag_p50_seconds: wave(0.02, 0.05, 80),
      delivery_lag_p99_seconds: wave(0.2, 1.4, 60),
      oldest_open_task_seconds: wave(12, 38, 100),
      oldest_waiting_delivery_seconds: gap(wave(0, 600, 300), 0, 60),
      parked: wave(60, 72, 200),
    },
  };
}

const event = (seconds, kind, detail, body) => ({
  at: ago(seconds),
  kind,
  detail,
  ...(body === undefined ? {} : { body }),
});

/** GET tasks/{id}. */
export function makeTask(item, deliveries, bigText) {
  const started = secondsSince(item.created_at);
  const ended = item.ended_at ? secondsSince(item.ended_at) : null;
  const timeline = [
    event(started, 'accepted', `from ${item.caller}`),
    event(started - 0.02, 'submission_started', 'attempt 1'),
  ];
  if (item.stage === 'unknown')
    timeline.push(event(started - 2, 'submission_unknown', 'reset after the request was sent'));
  else if (item.stage === 'queued')
    timeline.push(event(started - 0.4, 'submission_postponed', 'HTTP 401 unauthorized'));
  else timeline.push(event(started - 0.4, 'submission_accepted', `as ${item.provider_task_id}`));
  if (item.stage === 'in_flight')
    timeline.push(
      event(started - 30, 'progress', '40 % from 203.0.113.7', '{"status":"processing","progress":40}'),
      event(started - 3600, 'query_failed', 'HTTP 504'),
      event(started - 7200, 'query', 'processing, 40 %'),
      event(started - 43000, 'query_failed', 'no answer within 15 s'),
    );
  if (ended !== null) {
    timeline.push(
      event(ended + 0.01, 'callback', `${item.status} from 203.0.113.7`),
      event(ended, 'ended', `${item.status} by a callback`),
    );
    for (const delivery of deliveries)
      timeline.push(
        event(
          ended - 0.2,
          'delivery_attempt',
          `${delivery.sink}: attempt 1, ${delivery.last_answer}, 13 ms`,
          delivery.state === 'parked' ? '<html><body>upstream connect error</body></html>' : undefined,
        ),
        ...(delivery.state === 'parked'
          ? [
              event(ended - 3, 'delivery_attempt', `${delivery.sink}: attempt 2, HTTP 503, 15002 ms`),
              event(ended - 30, 'delivery_parked', `${delivery.sink}: ${delivery.cause}`),
            ]
          : []),
      );
    if (item.dispute === 'disputed')
      timeline.push(
        event(
          ended - 4,
          'conflict',
          'failed from 203.0.113.9',
          '{"id":"task-unified-1","status":"failed","error":{"code":"content_policy"}}',
        ),
        event(ended - 6, 'query', 'failed'),
        event(ended - 6, 'disputed', 'the provider stands by the other result'),
      );
  }
  if (item.id === hostileTask)
    timeline.push(
      event(20, 'operator_action', `${hostile.bidi} ${hostile.control}`, hostile.markup),
      event(15, 'duplicate', hostile.template, bigText),
    );
  timeline.sort((left, right) => left.at.localeCompare(right.at));
  return {
    ...item,
    task: {
      id: item.id,
      status: item.status,
      provider_task_id: item.provider_task_id,
      progress: 40,
      result_data: { voice: 'qwen-tts-vd-announcer-voice-20260402-a1b2' },
    },
    request_id: '019d0000-1111-7222-8333-444455556666',
    due_at: item.stage === 'ended' ? null : ahead(1800),
    due_kind: item.stage === 'ended' ? null : item.stage === 'in_flight' ? 'query' : 'submission',
    submissions: 1,
    queries: item.stage === 'in_flight' ? 5 : 0,
    timeline,
    deliveries: deliveries.map((delivery) => ({
      ...delivery,
      body: `{"type":"voice_design.${item.status}","timestamp":"${item.ended_at}","data":{"id":"${item.id}"}}`,
    })),
    submit_body:
      '{"model":"qwen-voice-design","voice_prompt":"A calm middle-aged male news anchor","preview_text":"Good evening, listeners.","preferred_name":"announcer","callback_url":"https://hooks.example.com/callbacks/v1/…"}',
    provider_body:
      item.id === hostileTask
        ? hostile.markup
        : `{"created":1775123456,"id":"${item.provider_task_id}","model":"qwen-voice-design","object":"audio.generation.task","progress":100,"status":"${item.status}"}`,
    curl: `curl -X POST https://api.evolink.ai/v1/audios/generations -H 'Authorization: Bearer …' -H 'Idempotency-Key: ${item.id}' --data-binary @-`,
  };
}

export function makeActions() {
  const rows = [
    ['pause', 'archive', 'moving to the new disk'],
    ['query', stuckTask, ''],
    ['replay', 'replay-019d0001', 'consumer is back'],
    ['discard', 'delivery-019d0044', 'consumer was retired'],
    ['resubmit', id(31), 'not in the console, accepted to pay twice'],
    ['retry', 'delivery-019d0051', ''],
    ['backup', '/var/backups/voicehook/2026-11-28.db', ''],
    ['resume', 'results', ''],
    ['pause', hostile.attribute, hostile.markup],
  ];
  return Array.from({ length: 70 }, (_, index) => {
    const [what, subject, reason] = rows[index % rows.length];
    return {
      id: `action-${String(1000 - index)}`,
      at: ago(index * 700 + 90),
      who: index % 4 ? 'ann' : 'bob',
      what,
      subject,
      reason,
    };
  });
}

export function makeReplays() {
  return [
    {
      id: 'replay-019d0001',
      state: 'done',
      sink: 'results',
      cause: 'status_5xx',
      created_after: null,
      created_before: null,
      reason: 'consumer is back',
      who: 'ann',
      started_at: ago(86400),
      updated_at: ago(86300),
      finished_at: ago(86300),
      total: 412,
      replayed: 412,
      per_second: 20,
      estimated_seconds: null,
    },
    {
      id: 'replay-019d0000',
      state: 'cancelled',
      sink: null,
      cause: null,
      created_after: null,
      created_before: null,
      reason: hostile.markup,
      who: 'bob',
      started_at: ago(190000),
      updated_at: ago(189990),
      finished_at: ago(189990),
      total: 9000,
      replayed: 311,
      per_second: 20,
      estimated_seconds: null,
    },
  ];
}

export function makeBackups() {
  return {
    supported: true,
    advice: null,
    running: null,
    last: {
      started_at: ago(40000),
      finished_at: ago(39988),
      who: 'ann',
      file: '/var/backups/voicehook/voicehook-20261128T020000Z.db',
      bytes: 733999104,
      verified: true,
      error: null,
    },
  };
}

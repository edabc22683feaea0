// The rules of the page that need no browser.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { niceCeiling, runs } from '../../server/api/page/chart.js';
import { age, duration, number, percent } from '../../server/api/page/format.js';
import { visible } from '../../server/api/page/text.js';
import { moodOfEvent, placesOf } from '../../server/api/page/timeline.js';
import { judge } from '../../server/api/page/verdict.js';
import { calm, hostile, makeDeliveries, makeSummary } from './fixtures.js';

const quiet = () => calm(makeSummary(makeDeliveries()));

test('a calm service that was just heard is good', () => {
  const found = judge(quiet(), 'fresh');

  assert.equal(found.state, 'good');
  assert.deepEqual(found.findings, []);
});

test('whatever was last heard, an old summary is not good', () => {
  for (const freshness of ['stale', 'lost', 'unknown'])
    assert.equal(judge(quiet(), freshness).state, 'unknown', freshness);
  assert.equal(judge(null, 'unknown').state, 'unknown');
});

const troubles = {
  'not ready': [
    (summary) => {
      summary.ready = false;
    },
    /#\/replicas/,
  ],
  'conservation violated': [
    (summary) => {
      summary.conservation = { ok: false, violations: ['accepted is not the sum'] };
    },
    /#\/tasks/,
  ],
  'a dispute': [
    (summary) => {
      summary.disputed = 2;
    },
    /only=disputed/,
  ],
  'a submission past due': [
    (summary) => {
      summary.past_due.submissions_seconds = 4;
    },
    /stage=queued/,
  ],
  'a query past due': [
    (summary) => {
      summary.past_due.queries_seconds = 90;
    },
    /stage=in_flight/,
  ],
  'a delivery past due': [
    (summary) => {
      summary.past_due.deliveries_seconds = 1;
    },
    /#\/deliveries\?state=pending/,
  ],
  'something parked': [
    (summary) => {
      Object.assign(summary.deliveries.sinks.results, { parked: 3, parked_by_cause: { dns: 3 } });
    },
    /#\/parked\?sink=results&cause=dns/,
  ],
  'something parked for an unknown cause': [
    (summary) => {
      summary.deliveries.sinks.results.parked = 3;
    },
    /#\/parked\?sink=results/,
  ],
  'a paused sink': [
    (summary) => {
      summary.deliveries.sinks.archive.paused = '';
    },
    /#\/sinks/,
  ],
  'a link about to end': [
    (summary) => {
      summary.soonest_link_expiry = new Date(Date.parse(summary.at) + 600e3).toISOString();
    },
    /#\/sinks/,
  ],
  'no credits': [
    (summary) => {
      summary.provider.credits = { remaining: 0, unlimited: false, at: summary.at };
    },
    /#\/provider/,
  ],
  'a canary that died': [
    (summary) => {
      summary.canary.ok = false;
    },
    /#\/provider/,
  ],
  'an unknown task': [
    (summary) => {
      summary.tasks.unknown.count = 1;
    },
    /stage=unknown/,
  ],
};
for (const [name, [change, href]] of Object.entries(troubles))
  test(`${name} is wrong, and leads to where it is shown`, () => {
    const summary = quiet();
    change(summary);

    const found = judge(summary, 'fresh');

    assert.equal(found.state, 'wrong');
    assert.equal(found.findings.length, 1);
    assert.match(found.findings[0].href, href);
  });

for (const name of ['ready', 'conservation', 'past_due', 'deliveries', 'disputed'])
  test(`not being told ${name} is not good`, () => {
    const summary = quiet();
    delete summary[name];

    assert.equal(judge(summary, 'fresh').state, 'unknown');
  });

test('what is wrong stays in words when the summary gets old', () => {
  const summary = quiet();
  summary.disputed = 1;

  assert.equal(judge(summary, 'lost').findings.length, 1);
});

test('what is not known is a dash, and zero is zero', () => {
  assert.deepEqual([number(null), duration(undefined), age(null), percent(null)], ['–', '–', '–', '–']);
  assert.deepEqual([number(0), duration(0), percent(0)], ['0', '0 s', '0.0 %']);
});

test('durations read as people say them', () => {
  const said = [0.0004, 0.0013, 0.25, 0.774, 4.2, 42, 119, 600, 3600, 11100, 93600, 200000].map(duration);

  assert.deepEqual(said, [
    '400 µs',
    '1.3 ms',
    '250 ms',
    '774 ms',
    '4.2 s',
    '42 s',
    '119 s',
    '10 min',
    '1 h',
    '3 h 5 min',
    '26 h',
    '2 d 8 h',
  ]);
});

test('a curve has a gap where nothing is known', () => {
  assert.deepEqual(runs([null, 1, 2, null, null, 0, null]), [
    [
      [1, 1],
      [2, 2],
    ],
    [[5, 0]],
  ]);
  assert.deepEqual(runs([null, undefined]), []);
});

test('an axis ends at a round number that is not below the highest value', () => {
  assert.deepEqual([0, 0.009, 1, 1.1, 17, 480, 1000].map(niceCeiling), [1, 0.01, 1, 2, 20, 500, 1000]);
});

test('characters that nobody would see are shown by their code, and readable text is not touched', () => {
  assert.equal(visible(hostile.bidi), 'invoice⟨U+202E⟩gnp.exe⟨U+2066⟩ and ⟨U+200B⟩nothing');
  assert.equal(visible(hostile.control), 'ring⟨U+0007⟩ escape⟨U+001B⟩[31m red⟨U+0000⟩ end⟨U+009B⟩');
  assert.equal(visible('\ud800 \u{e0041} \ufeff\r'), '⟨U+D800⟩ ⟨U+E0041⟩ ⟨U+FEFF⟩⟨U+000D⟩');
  assert.equal(visible('Grüße, 你好, مرحبا, 👋🏽\n\ttab'), 'Grüße, 你好, مرحبا, 👋🏽\n\ttab');
});

test('a timeline keeps the order and gives short moments room beside long pauses', () => {
  const at = placesOf([0, 20, 400, 400, 7200000]);

  assert.equal(at[0], 0);
  assert.equal(at.at(-1), 1);
  assert.equal(at[2], at[3]);
  assert.ok(at.every((place, index) => index === 0 || place >= at[index - 1]));
  assert.ok(at[2] > 0.1, `${at}`);
});

test('an attempt is judged by what the sink answered', () => {
  const mood = (detail) => moodOfEvent({ kind: 'delivery_attempt', detail });

  assert.equal(mood('results: attempt 1, HTTP 204, 13 ms'), 'good');
  assert.equal(mood('results: attempt 2, HTTP 500, 13 ms'), 'bad');
  assert.equal(mood('results: attempt 2, connection refused'), 'bad');
});

test('every file of the page is in the binary', () => {
  const list = readFileSync(new URL('../../server/api/CMakeLists.txt', import.meta.url), 'utf8');
  const embedded = /set\(page_files\s+([^)]*)\)/.exec(list)[1].split(/\s+/).filter(Boolean);
  const files = readdirSync(new URL('../../server/api/page', import.meta.url));

  // For node alone, which wants to be told that these are modules.
  assert.deepEqual(embedded.concat('package.json').sort(), files.sort());
});

// Figures without lists of their own: the provider, the intake of callbacks, the replicas.
import { h } from './dom.js';
import { age, bytes, dash, isKnown, number, secondsBetween, words } from './format.js';
import { live } from './live.js';
import { chip, facts, figure, moment, section, table } from './parts.js';
import { inline } from './text.js';
import { link } from './verdict.js';

function page(title, draw) {
  return () => ({
    draw: () => [
      h('h1', { tabindex: '-1' }, title),
      live.summary ? draw(live.summary) : h('p', { class: 'muted' }, 'Nothing heard yet.'),
    ],
  });
}

const ago = (summary, at) =>
  isKnown(at)
    ? h('span', null, moment(at), h('small', { class: 'under' }, age(Math.max(0, secondsBetween(at, summary.at)))))
    : null;

// ---- the provider ----

const classes = ['2xx', '3xx', '4xx', '429', '5xx', 'none'];
const verdicts = {
  accepted: 'it has the task',
  refused: 'final, told to the caller',
  refused_quota: 'no credits: somebody must pay',
  unauthorized: 'our key is wrong: the tasks stay queued',
  retry_later: 'certainly not accepted, tried again',
  unknown: 'perhaps accepted',
  lost: 'its process died over it: unknown',
  expired: 'never reached it before the deadline',
};

function credits({ remaining, unlimited } = {}) {
  if (unlimited === true) return 'unlimited';
  return isKnown(remaining) ? number(remaining) : null;
}

export const providerView = page('Provider', (summary) => {
  const provider = summary.provider ?? {};
  const operations = Object.entries(provider.requests ?? {});
  const problem = provider.last_problem;
  return [
    facts([
      ['Credits left', credits(provider.credits)],
      ['Credits as of', ago(summary, provider.credits?.at)],
      ['Requests under way', isKnown(provider.in_flight) ? number(provider.in_flight) : null],
      ['Last answer', ago(summary, provider.last_answer_at)],
      [
        'Last problem',
        problem
          ? h(
              'span',
              null,
              `${words(problem.operation)}: `,
              inline(problem.status),
              h('small', { class: 'under' }, age(Math.max(0, secondsBetween(problem.at, summary.at)))),
            )
          : 'none since the start',
      ],
      [
        'Open at the provider',
        figure(summary.tasks?.in_flight?.count, link('tasks', { stage: 'in_flight' }), 'tasks in flight'),
      ],
    ]),
    section(
      'Requests',
      table(
        'Requests of this replica by the class of the answer',
        [
          { title: 'Operation' },
          ...classes.map((name) => ({ title: name === 'none' ? 'no answer' : name, number: true })),
        ],
        operations.map(([operation, counts]) => ({
          key: operation,
          cells: [words(operation), ...classes.map((name) => (isKnown(counts[name]) ? number(counts[name]) : dash))],
        })),
        { empty: 'Nothing was asked yet.' },
      ),
    ),
    section(
      'Submissions',
      table(
        'Submissions of this replica by what their outcome means',
        [{ title: 'Verdict' }, { title: 'Count', number: true }, { title: 'Meaning', wide: true }],
        Object.entries(provider.submissions ?? {}).map(([verdict, count]) => ({
          key: verdict,
          cells: [words(verdict), number(count), verdicts[verdict] ?? ''],
        })),
        { empty: 'Nothing was submitted yet.' },
      ),
    ),
    section(
      'Canary',
      isKnown(summary.canary)
        ? facts([
            [
              'Outcome',
              isKnown(summary.canary.ok)
                ? summary.canary.ok
                  ? chip('came through', 'good')
                  : chip('did not come through', 'bad')
                : null,
            ],
            ['Last', ago(summary, summary.canary.last_at)],
            ['Took', isKnown(summary.canary.latency_ms) ? `${number(summary.canary.latency_ms)} ms` : null],
            ['Failures', number(summary.canary.failures)],
          ])
        : h('p', { class: 'muted' }, 'Switched off.'),
    ),
  ];
});

// ---- the intake ----

const results = {
  accepted: 'stored as the result',
  duplicate: 'the same result again',
  conflict: 'another result than the stored one',
  ignored: 'not a result: progress',
  evidence: 'a result that a query must confirm',
  orphan: 'a good token, but the store does not know the task: was a backup restored?',
  mismatch: 'names another task than its address',
  malformed: 'not a task in JSON',
  bad_token: 'its address is not one of ours',
  too_large: 'larger than is read',
  media_type: 'not JSON by its own word',
  retired: 'for a task that is gone',
  unavailable: 'we could not store it: 503, the provider tries again',
};
const alarming = ['conflict', 'orphan', 'unavailable', 'mismatch'];

export const intakeView = page('Intake', (summary) => {
  const intake = summary.intake ?? {};
  const rejected = Object.entries(intake.rejected ?? {}).flatMap(([listener, reasons]) =>
    Object.entries(reasons)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => ({ key: `${listener} ${reason}`, cells: [listener, words(reason), number(count)] })),
  );
  return [
    h('p', { class: 'muted' }, 'Of this replica since ', moment(intake.since), '.'),
    section(
      'Callbacks',
      table(
        'Callbacks by what became of them',
        [{ title: 'Result' }, { title: 'Count', number: true }, { title: 'Meaning', wide: true }],
        Object.entries(intake.callbacks ?? {}).map(([result, count]) => ({
          key: result,
          class: count > 0 && alarming.includes(result) ? 'alarming' : undefined,
          cells: [words(result), number(count), results[result] ?? ''],
        })),
        { empty: 'No callback came yet.' },
      ),
    ),
    section(
      'Turned away',
      table(
        'Requests and connections that were turned away',
        [{ title: 'Listener' }, { title: 'Reason' }, { title: 'Count', number: true }],
        rejected,
        { empty: 'Nobody was turned away.' },
      ),
    ),
  ];
});

// ---- the replicas ----

export const replicasView = page('Replicas', (summary) => [
  facts([
    ['This one runs', summary.version ? inline(summary.version) : null],
    ['Ready', isKnown(summary.ready) ? (summary.ready ? chip('ready') : chip('not ready', 'bad')) : null],
    ['Store', isKnown(summary.store_bytes) ? bytes(summary.store_bytes) : null],
    [
      'Books',
      isKnown(summary.conservation?.ok)
        ? summary.conservation.ok
          ? chip('balanced', 'good')
          : chip('violated', 'bad')
        : null,
    ],
  ]),
  summary.conservation?.violations?.length > 0 &&
    h(
      'ul',
      { class: 'violations', key: 'violations' },
      summary.conservation.violations.map((item, index) => h('li', { key: index }, inline(item))),
    ),
  section(
    'Processes',
    table(
      'Processes that share the store',
      [{ title: 'Name' }, { title: 'Version' }, { title: 'Started' }, { title: 'Seen' }, { title: 'Owner of leases' }],
      (summary.replicas ?? []).map((item) => ({
        key: item.owner,
        cells: [
          h('span', null, inline(item.name), item.self && [' ', chip('this one', 'plain')]),
          inline(item.version),
          moment(item.started_at),
          ago(summary, item.seen_at),
          inline(item.owner, { class: 'mono' }),
        ],
      })),
      { empty: 'The store knows of no process.' },
    ),
  ),
]);

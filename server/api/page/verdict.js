// Is anything late or lost? Pure: from a summary and how fresh it is, to words with links to the lists behind.
import { counted, duration, isKnown, secondsBetween, time, words } from './format.js';

/** Results live 24 h at the provider; below this somebody must hurry. Seconds. */
const linkWarning = 4 * 3600;
/** A problem of the provider's that is older than this is history. Seconds. */
const recentProblem = 600;

/** A link into a view of the page: its filters that are empty are left out. */
export function link(view, filters = {}) {
  const given = Object.entries(filters).filter(([, value]) => isKnown(value) && value !== '');
  return `#/${view}${given.length ? `?${new URLSearchParams(given)}` : ''}`;
}

/** What GET summary must have told before anything can be called good. */
const needed = [
  ['ready', 'whether callbacks can be taken', (summary) => summary.ready],
  ['conservation', 'whether anything was lost', (summary) => summary.conservation?.ok],
  [
    'past_due',
    'whether work is past due',
    (summary) => (summary.past_due && Object.keys(summary.past_due).length ? summary.past_due : null),
  ],
  ['deliveries', 'what was delivered', (summary) => summary.deliveries?.sinks],
  ['disputed', 'whether results are disputed', (summary) => summary.disputed],
];

/**
 * `state`: good (it knows, and nothing is wrong), wrong, or unknown. `findings` say what is wrong or not known, the worst
 * first, each with the view that shows it; `notes` are worth knowing and wrong with nothing.
 */
export function judge(summary, freshness) {
  if (!summary)
    return {
      state: 'unknown',
      headline: freshness === 'lost' ? 'The service does not answer' : 'Asking the service …',
      findings: [],
      notes: [],
    };
  const findings = [
    ...wrongWithService(summary),
    ...lateWork(summary),
    ...wrongWithSinks(summary),
    ...wrongWithProvider(summary),
    ...notTold(summary),
  ];
  const order = { bad: 0, warn: 1, unknown: 2 };
  findings.sort((left, right) => order[left.level] - order[right.level]);
  const notes = worthKnowing(summary);
  const outdated = freshness !== 'fresh';
  const wrong = findings.filter((item) => item.level !== 'unknown');
  if (outdated)
    return {
      state: 'unknown',
      headline: freshness === 'lost' ? 'The service does not answer' : 'What is shown is getting old',
      findings,
      notes,
    };
  if (wrong.length) {
    const headline = wrong.length === 1 ? 'One thing needs you' : `${wrong.length} things need you`;
    return { state: 'wrong', worst: findings[0].level, headline, findings, notes };
  }
  if (findings.length) return { state: 'unknown', headline: 'Not everything is known', findings, notes };
  return { state: 'good', headline: 'Nothing is late, nothing is lost', findings, notes };
}

function notTold(summary) {
  return needed
    .filter(([, , read]) => !isKnown(read(summary)))
    .map(([, what]) => ({ level: 'unknown', text: `The service did not tell ${what}.`, href: link('now') }));
}

function wrongWithService(summary) {
  const found = [];
  if (summary.ready === false)
    found.push({ level: 'bad', text: 'Not ready: a callback could not be stored now.', href: link('replicas') });
  if (summary.conservation?.ok === false)
    for (const violation of summary.conservation.violations?.length
      ? summary.conservation.violations
      : ['the books do not balance'])
      found.push({
        level: 'bad',
        text: 'Conservation is violated, so something was lost or made up:',
        foreign: violation,
        href: link('tasks'),
      });
  if (summary.disputed > 0)
    found.push({
      level: 'bad',
      text: `${counted(summary.disputed, 'task has', 'tasks have')} two contradicting results.`,
      href: link('tasks', { stage: 'ended', only: 'disputed' }),
    });
  return found;
}

function lateWork(summary) {
  const late = [
    ['submissions_seconds', 'A submission', { stage: 'queued' }, 'tasks'],
    ['queries_seconds', 'A query', { stage: 'in_flight' }, 'tasks'],
    ['deliveries_seconds', 'A delivery', { state: 'pending' }, 'deliveries'],
  ];
  return late
    .filter(([name]) => summary.past_due?.[name] > 0)
    .map(([name, what, filters, view]) => ({
      level: 'warn',
      text: `${what} should have begun ${duration(summary.past_due[name])} ago.`,
      href: link(view, filters),
    }));
}

function wrongWithSinks(summary) {
  const found = [];
  for (const [sink, counts] of Object.entries(summary.deliveries?.sinks ?? {})) {
    const causes = Object.entries(counts.parked_by_cause ?? {}).filter(([, count]) => count > 0);
    for (const [cause, count] of causes)
      found.push({
        level: 'bad',
        text: `${counted(count, 'delivery is', 'deliveries are')} parked (${words(cause)}), sink`,
        foreign: sink,
        href: link('parked', { sink, cause }),
      });
    if (counts.parked > 0 && !causes.length)
      found.push({
        level: 'bad',
        text: `${counted(counts.parked, 'delivery is', 'deliveries are')} parked, sink`,
        foreign: sink,
        href: link('parked', { sink }),
      });
    if (isKnown(counts.health?.problem))
      found.push({ level: 'bad', text: 'A sink is down, and only probed:', foreign: sink, href: link('sinks') });
    if (isKnown(counts.paused))
      found.push({
        level: 'warn',
        text: `A sink is paused${counts.pending > 0 ? `, ${counted(counts.pending, 'delivery waits', 'deliveries wait')}` : ''}:`,
        foreign: sink,
        href: link('sinks'),
      });
  }
  const seconds = secondsBetween(summary.at, summary.soonest_link_expiry);
  if (seconds !== null && seconds < linkWarning)
    found.push({
      level: seconds < linkWarning / 4 ? 'bad' : 'warn',
      text:
        seconds <= 0
          ? `A result's link ended at ${time(summary.soonest_link_expiry)} before it was delivered.`
          : `A result's link ends in ${duration(seconds)} and it is not delivered yet.`,
      href: link('sinks'),
    });
  return found;
}

function wrongWithProvider(summary) {
  const found = [];
  const credits = summary.provider?.credits;
  if (credits?.unlimited === false && isKnown(credits.remaining) && credits.remaining <= 0)
    found.push({ level: 'bad', text: 'No credits are left at the provider.', href: link('provider') });
  if (summary.canary?.ok === false)
    found.push({ level: 'bad', text: 'The last canary did not come through.', href: link('provider') });
  if (summary.tasks?.unknown?.count > 0)
    found.push({
      level: 'warn',
      text: `It is unknown whether the provider has ${counted(summary.tasks.unknown.count, 'task')}.`,
      href: link('tasks', { stage: 'unknown' }),
    });
  return found;
}

function worthKnowing(summary) {
  const notes = [];
  const problem = summary.provider?.last_problem;
  const since = secondsBetween(problem?.at, summary.at);
  if (since !== null && since < recentProblem)
    notes.push({
      text: `The provider answered a ${words(problem.operation)} with ${problem.status}, ${duration(Math.max(since, 0))} ago.`,
      href: link('provider'),
    });
  const versions = new Set((summary.replicas ?? []).map((item) => item.version));
  if (versions.size > 1)
    notes.push({ text: `Replicas run ${versions.size} different versions.`, href: link('replicas') });
  for (const [sink, counts] of Object.entries(summary.deliveries?.sinks ?? {}))
    if (counts.configured === false)
      notes.push({
        text: 'A sink with deliveries is not in the configuration any more:',
        foreign: sink,
        href: link('sinks'),
      });
  return notes;
}

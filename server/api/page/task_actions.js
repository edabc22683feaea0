// What an operator can do about a task that nothing else moves.
import { post } from './api.js';
import { ask, say } from './dialog.js';
import { h } from './dom.js';
import { button } from './parts.js';
import { inline } from './text.js';

const reason = {
  name: 'reason',
  label: 'Reason',
  required: true,
  hint: 'It stays on the task’s timeline, with your name.',
};

const isContradicted = (item) => item.dispute === 'disputed' || item.dispute === 'settling';

/** `fits` is when the service lets it happen. */
const orders = {
  query: {
    label: 'Query now',
    fits: (item) => item.stage === 'in_flight' || isContradicted(item),
    title: 'Ask the provider now?',
    body: 'A query is free and changes nothing at the provider. Its answer may end the task.',
    fields: [{ ...reason, required: false }],
    confirm: 'Query now',
    said: 'The provider is being asked.',
  },
  bind: {
    label: 'Bind',
    fits: (item) => item.stage === 'unknown',
    title: 'Bind it to a task of the provider’s?',
    body: 'You have found it in the provider’s console. From then on it is queried as that task, and never submitted again.',
    fields: [{ name: 'provider_task_id', label: 'The provider’s id', required: true, pattern: '[!-~]{1,256}' }, reason],
    confirm: 'Bind',
    said: 'The task is bound.',
  },
  resubmit: {
    label: 'Resubmit …',
    fits: (item) => item.stage === 'unknown',
    danger: true,
    title: 'Submit it again?',
    body: [
      h(
        'p',
        { class: 'warning' },
        h('strong', null, 'This may be paid twice.'),
        ' It is unknown whether the provider already has this task.',
      ),
      h(
        'p',
        null,
        'The same bytes go under the same Idempotency-Key. If the provider has forgotten that key, it makes and bills another voice. Look into its console first: if the task is there, bind it instead.',
      ),
    ],
    fields: [
      reason,
      {
        name: 'accept_double_payment',
        label: 'I accept that this may be paid twice',
        type: 'checkbox',
        required: true,
      },
    ],
    confirm: 'Submit again',
    said: 'The task is submitted again.',
  },
  uphold: {
    label: 'Uphold the result',
    fits: isContradicted,
    title: 'Let the delivered result stand?',
    body: 'Two results contradict each other; both are on the timeline. The one that was delivered stays, and the dispute is over.',
    fields: [reason],
    confirm: 'Uphold',
    said: 'The result stands.',
  },
  fail: {
    label: 'End as failed …',
    fits: (item) => item.stage !== 'ended',
    danger: true,
    title: 'End it as failed?',
    body: 'The caller and every sink learn that it failed. A result that the provider may still send is then only recorded, though it is paid.',
    fields: [reason],
    confirm: 'End as failed',
    said: 'The task has ended as failed.',
  },
  cancel: {
    label: 'End as cancelled …',
    fits: (item) => item.stage !== 'ended',
    danger: true,
    title: 'End it as cancelled?',
    body: 'The caller and every sink learn that it was cancelled. Nothing is cancelled at the provider, who may still charge for it.',
    fields: [reason],
    confirm: 'End as cancelled',
    said: 'The task has ended as cancelled.',
  },
};

/** The buttons that fit the task's stage. `after` is called when something was done. */
export function taskActions(item, id, after) {
  const fitting = Object.entries(orders).filter(([, order]) => order.fits(item));
  if (!fitting.length) return null;
  return h(
    'div',
    { class: 'task-actions', role: 'group', 'aria-label': 'Actions on this task', key: 'actions' },
    fitting.map(([action, order]) =>
      h(
        'span',
        { key: action },
        button(order.label, () => give(action, order, id, after), order.danger ? 'quiet-danger' : ''),
      ),
    ),
  );
}

async function give(action, order, id, after) {
  const done = await ask({
    title: order.title,
    body: [
      typeof order.body === 'string' ? h('p', null, order.body) : order.body,
      h('p', null, 'Task ', inline(id, { class: 'mono' })),
    ],
    fields: order.fields,
    confirm: order.confirm,
    danger: order.danger,
    act: (values) => post(`tasks/${encodeURIComponent(id)}/resolve`, { action, ...values }),
  });
  if (!done) return;
  say('good', order.said);
  after();
}

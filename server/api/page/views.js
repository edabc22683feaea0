// Every view by its name in the address. `title` puts it into the navigation, `badge` is how many things wait there.
import { actionsView } from './view_actions.js';
import { deliveriesView } from './view_deliveries.js';
import { intakeView, providerView, replicasView } from './view_figures.js';
import { nowView } from './view_now.js';
import { parkedView } from './view_parked.js';
import { sinksView } from './view_sinks.js';
import { taskView } from './view_task.js';
import { tasksView } from './view_tasks.js';

const sinks = (summary) => Object.values(summary.deliveries?.sinks ?? {});
const parked = (summary) => sinks(summary).reduce((sum, item) => sum + (item.parked ?? 0), 0);
const paused = (summary) => sinks(summary).filter((item) => item.paused !== null && item.paused !== undefined).length;

/** `open({argument, parameters, redraw})` makes one: {draw(), title?(), onLive?(what, item), tick?(), leave?()}. */
export const views = {
  now: { title: 'Now', open: nowView },
  tasks: { title: 'Tasks', open: tasksView, badge: (summary) => summary.disputed },
  task: { name: 'Task', open: taskView, within: 'tasks' },
  deliveries: { name: 'Deliveries', open: deliveriesView, within: 'sinks' },
  sinks: { title: 'Sinks', open: sinksView, badge: paused },
  parked: { title: 'Parked', open: parkedView, badge: parked },
  provider: { title: 'Provider', open: providerView },
  intake: { title: 'Intake', open: intakeView },
  replicas: { title: 'Replicas', open: replicasView },
  actions: { title: 'Actions', open: actionsView },
};

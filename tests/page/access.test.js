// Every view for everybody, before the stub: in both colour schemes, wide and narrow, judged by axe.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { desktop, phone, until } from './browser.js';
import { disputedTask, hostileTask, stuckTask, unknownTask } from './fixtures.js';
import { go, makeStage, settled } from './stage.js';
import { token } from './stub.js';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const stage = makeStage();

/** As the operator sees it: the views' links. */
const everyView = [
  '#/now',
  '#/tasks',
  '#/tasks?stage=ended&only=disputed',
  `#/task/${stuckTask}`,
  `#/task/${unknownTask}`,
  `#/task/${disputedTask}`,
  `#/task/${hostileTask}`,
  '#/task/nothing',
  '#/deliveries?state=pending',
  '#/sinks',
  '#/parked',
  '#/parked?sink=results&cause=timeout',
  '#/provider',
  '#/intake',
  '#/replicas',
  '#/actions',
];

/** `how` are axe's options. The page's policy lets no script in: axe comes by the debugger, as the tests do. */
async function serious(page, how = {}) {
  await page.evaluate(axeSource);
  const found = await page.evaluate((options) => window.axe.run(document, options), {
    resultTypes: ['violations'],
    ...how,
  });
  const places = (item) => item.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`);
  return found.violations
    .filter((item) => ['serious', 'critical'].includes(item.impact))
    .map((item) => `${item.id}: ${places(item).join(' | ')}`);
}

/** In the dark only the colours are others. */
async function judge(page, where) {
  assert.deepEqual(await serious(page), [], `${where}, light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.deepEqual(await serious(page, { runOnly: ['color-contrast'] }), [], `${where}, dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} fits the screen`);
  assert.equal(await page.getByRole('heading', { level: 1, includeHidden: true }).count(), 1, where);
}

for (const [name, viewport] of Object.entries({ wide: desktop, narrow: phone }))
  test(`every view, ${name}, light and dark: nothing serious for axe, nothing wider than the screen, one heading of the first order`, async () => {
    // Lines beyond these are like these.
    stage.stub.tasks.splice(10);
    stage.stub.deliveries.splice(8, 60);
    stage.stub.actions.splice(10);
    const page = await stage.open('#/now', { viewport, token: '' });
    await judge(page, 'the question');
    await page.getByLabel('Token', { exact: true }).fill(token);
    await page.keyboard.press('Enter');
    for (const hash of everyView) {
      await go(page, hash);
      await settled(page);
      await judge(page, hash);
    }
    await go(page, '#/sinks');
    await page.getByRole('button', { name: 'Pause results' }).click();
    await judge(page, 'a dialog');
  });

test('the checks find a broken policy and something serious', async () => {
  const page = await stage.open('#/sinks');
  await page.locator('.card').first().waitFor();
  await page.evaluate(() => {
    document.body.setAttribute('style', 'color: red');
    document.body.append(document.createElement('input'));
  });

  await until(() => page.complaints.splice(0).some((text) => text.includes('style-src')), 'the policy is enforced');
  assert.match((await serious(page)).join(), /label/);
  page.complaints.splice(0);
});

// What operators do with the page, before the stub: find, read, act.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './browser.js';
import { disputedTask, hostile, parkedTask, stuckProviderId, stuckTask, unknownTask } from './fixtures.js';
import { go, makeStage } from './stage.js';

const stage = makeStage();

test('a stuck task is found by the provider’s id, by keyboard alone, and asked about', async () => {
  const page = await stage.open('#/now');
  await page.locator('.verdict').waitFor();
  const focused = () =>
    page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText);

  await page.keyboard.press('/');
  await page.keyboard.type(stuckProviderId);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: stuckTask }).waitFor();
  await page.getByRole('img', { name: /7 events in 11 h 57 min/ }).waitFor();
  for (let steps = 0; (await focused()) !== 'Query now'; ++steps) {
    assert.ok(steps < 20, 'the button is within twenty steps');
    await page.keyboard.press('Tab');
  }
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(stage.orders(), []);
  assert.equal(await focused(), 'Query now', 'the focus comes back');
  await page.keyboard.press('Enter');
  await page.keyboard.type('it should have ended');
  await page.keyboard.press('Enter');
  await page.getByText('The provider is being asked.').waitFor();

  assert.equal(ring, 'solid');
  assert.deepEqual(
    stage.orders().map(({ path, body }) => [path, body]),
    [[`tasks/${stuckTask}/resolve`, { action: 'query', reason: 'it should have ended' }]],
  );
  await page.goBack();
  await page.locator('.verdict').waitFor();
});

test('every stop of the tab key is seen and named, on every view', async () => {
  const page = await stage.open('#/now');
  for (const hash of ['#/now', '#/tasks', `#/task/${unknownTask}`, '#/sinks', '#/parked', '#/actions']) {
    await go(page, hash);
    await page.waitForFunction(() => !document.querySelector('main').innerText.includes('Loading …'));
    let stops = 0;
    for (; stops < 40; ++stops) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const item = document.activeElement;
        const style = getComputedStyle(item);
        const box = item.getBoundingClientRect();
        const name =
          item.getAttribute('aria-label') || item.innerText || item.labels?.[0]?.innerText || item.placeholder || '';
        return {
          body: item === document.body,
          name: name.trim(),
          ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
          size: box.width * box.height,
          html: item.outerHTML.slice(0, 80),
        };
      });
      if (stop.body) break;
      assert.ok(stop.name && stop.ring && stop.size > 0, `${hash}: ${JSON.stringify(stop)}`);
    }
    assert.ok(stops > 8, `${hash} has ${stops} stops`);
  }
});

test('an id that nobody knows is said to be unknown', async () => {
  const page = await stage.open('#/tasks?q=task-nobody-knows');

  await page.getByText('No task has this id.').waitFor();
});

test('tasks are filtered, and the filters are in the address, so that they can be sent', async () => {
  const page = await stage.open('#/tasks');
  await page.getByLabel('Stage').selectOption('unknown');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByRole('link', { name: unknownTask }).waitFor();
  assert.match(page.url(), /#\/tasks\?stage=unknown$/);

  await page.reload();
  await page.getByRole('link', { name: unknownTask }).waitFor();

  assert.equal(await page.getByLabel('Stage').inputValue(), 'unknown');
  assert.equal(await page.locator('tbody tr').count(), 1);
  await go(page, '#/tasks?only=disputed');
  await page.getByRole('link', { name: disputedTask }).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 1);
});

test('a list goes on page by page, and what is new waits behind a button', async () => {
  const page = await stage.open('#/tasks');
  await page.getByText('50 tasks shown, there are more').waitFor();
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('100 tasks shown, there are more').waitFor();
  const [first] = stage.stub.tasks;

  stage.stub.tasks.unshift({ ...first, id: 'task-new' });
  await page.getByText('The list has changed since.').waitFor();
  assert.equal(await page.locator('tbody tr').count(), 100);
  assert.equal(await page.getByText('task-new').count(), 0);
  await page.getByRole('button', { name: 'Show it as it is now' }).click();

  await page.getByRole('link', { name: 'task-new' }).waitFor();
});

test('a timeline is drawn, says the same in words, and its bodies open on demand', async () => {
  const page = await stage.open(`#/task/${parkedTask}`);
  const drawing = page.getByRole('img', { name: /8 events in .*2 × delivery attempt.*1 × delivery parked/ });
  await drawing.waitFor();
  assert.equal(await drawing.locator('.marker').count(), 8);
  assert.equal(await page.locator('.events > li').count(), 8);
  assert.equal(await page.locator('pre').count(), 0);

  await page.locator('.events summary').first().click();

  await page.locator('pre', { hasText: 'upstream connect error' }).waitFor();
  await page.locator('summary', { hasText: 'As a curl command' }).click();
  await page.locator('pre', { hasText: 'Authorization: Bearer …' }).waitFor();
});

test('submitting again warns of paying twice, and goes only with consent and a reason', async () => {
  const page = await stage.open(`#/task/${unknownTask}`);
  await page.getByRole('button', { name: 'Resubmit …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('This may be paid twice.').waitFor();

  await dialog.getByRole('button', { name: 'Submit again' }).click();
  await dialog.getByLabel('Reason').fill('not in the console');
  await dialog.getByRole('button', { name: 'Submit again' }).click();
  assert.deepEqual(stage.orders(), []);
  await dialog.getByLabel('I accept that this may be paid twice').check();
  await dialog.getByRole('button', { name: 'Submit again' }).click();
  await dialog.waitFor({ state: 'detached' });

  assert.deepEqual(
    stage.orders().map((item) => item.body),
    [{ action: 'resubmit', reason: 'not in the console', accept_double_payment: true }],
  );
});

test('a refusal of the service stays in the dialog, in its words', async () => {
  stage.stub.routes['POST tasks/{id}/resolve'] = () => ({
    refuse: [409, 'conflict', 'The task is not in a state that allows this.'],
  });
  const page = await stage.open(`#/task/${disputedTask}`);
  await page.getByRole('button', { name: 'Uphold the result' }).click();
  await page.getByLabel('Reason').fill('checked with the caller');
  await page.getByRole('button', { name: 'Uphold', exact: true }).click();

  await page.getByRole('dialog').getByRole('alert').getByText('not in a state that allows this').waitFor();

  assert.equal(await page.getByLabel('Reason').inputValue(), 'checked with the caller');
});

test('a parked delivery is retried, another discarded with a reason', async () => {
  const page = await stage.open('#/parked');
  await page.getByRole('button', { name: `Retry the delivery to results of ${parkedTask}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
  await page.getByText('The delivery goes out again.').waitFor();
  await page.getByRole('link', { name: parkedTask }).waitFor({ state: 'detached' });

  await page
    .getByRole('button', { name: /^Discard the delivery/ })
    .last()
    .click();
  await page.getByLabel('Reason', { exact: true }).last().fill('its consumer is gone');
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await page.getByText('The delivery is discarded.').waitFor();

  assert.deepEqual(
    stage.orders().map((item) => item.body),
    [{}, { reason: 'its consumer is gone' }],
  );
});

test('a replay is first tried dry, then confirmed as counted, watched and cancelled', async () => {
  const page = await stage.open('#/parked?sink=results&cause=timeout');
  const form = page.getByRole('form', { name: 'Replay' });
  await form.getByLabel('Reason').fill('the consumer is back');
  await form.getByRole('button', { name: 'Dry run' }).click();
  const outcome = page.getByRole('group', { name: 'Outcome of the dry run' });
  await outcome.getByText('24 deliveries would go out again').waitFor();
  assert.match(await outcome.innerText(), /oldest of .*about 2 s at 20 per second.*results: 24/s);
  assert.equal(stage.orders().length, 1);

  await outcome.getByRole('button', { name: 'Replay 24 deliveries' }).click();
  await page.getByRole('progressbar', { name: 'Replay: 8 of 24' }).waitFor();
  stage.stub.replays[0].replayed = 16;
  await page.getByRole('progressbar', { name: 'Replay: 16 of 24' }).waitFor();
  await page.getByRole('button', { name: 'Cancel this replay' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the replay' }).click();

  await page.getByRole('row', { name: /cancelled results, timeout 16 of 24/ }).waitFor();
  assert.deepEqual(
    stage.orders().map((item) => [item.path, item.body]),
    [
      ['replays', { reason: 'the consumer is back', sink: 'results', cause: 'timeout', dry_run: true }],
      ['replays', { reason: 'the consumer is back', sink: 'results', cause: 'timeout', dry_run: false, expected: 24 }],
      ['replays/replay-2/cancel', {}],
    ],
  );
});

test('when more is parked than was counted, nothing goes out and a new dry run is wanted', async () => {
  const page = await stage.open('#/parked?sink=results&cause=timeout');
  const form = page.getByRole('form', { name: 'Replay' });
  await form.getByLabel('Reason').fill('the consumer is back');
  await form.getByRole('button', { name: 'Dry run' }).click();
  const confirm = page.getByRole('button', { name: 'Replay 24 deliveries' });
  await confirm.waitFor();
  stage.stub.deliveries.push({
    ...stage.stub.deliveries.find((item) => item.cause === 'timeout'),
    id: 'delivery-more',
  });
  await confirm.click();

  await page.getByText('25 fit now.').waitFor();

  assert.equal(await confirm.count(), 0);
  await form.getByRole('button', { name: 'Dry run' }).click();
  await page.getByRole('button', { name: 'Replay 25 deliveries' }).waitFor();
  await form.getByLabel('Cause').selectOption('');
  assert.equal(await page.getByRole('button', { name: /^Replay \d/ }).count(), 0, 'a changed order was not tried');
});

test('a sink is paused with a reason that everybody sees, and resumed', async () => {
  const page = await stage.open('#/sinks');
  const card = page.getByRole('article', { name: 'results' });
  await card.getByRole('button', { name: 'Pause results' }).click();
  await page.getByLabel('Reason').fill('their migration');
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await card.getByText('Paused: their migration').waitFor();

  await card.getByRole('button', { name: 'Resume results' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await card.getByText('running').waitFor();

  assert.deepEqual(
    stage.orders().map((item) => [item.path, item.body]),
    [
      ['sinks/results/pause', { reason: 'their migration' }],
      ['sinks/results/resume', {}],
    ],
  );
});

test('a backup is started, watched, and its outcome shown', async () => {
  const page = await stage.open('#/actions');
  await page.getByText('verified').waitFor();
  await page.getByRole('button', { name: 'Start a backup …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await page.getByText('400 of 1,000 pages').waitFor();

  Object.assign(stage.stub.backups, {
    running: null,
    last: { ...stage.stub.backups.last, verified: false, error: 'no space left on device' },
  });

  await page.getByText('no space left on device').waitFor();
});

test('numbers lead to the lists behind them', async () => {
  const page = await stage.open('#/now');
  await page.locator('.columns .figure').first().waitFor();
  const links = [
    ...new Set([
      ...(await page.locator('.columns .figure').evaluateAll((all) => all.map((item) => item.getAttribute('href')))),
    ]),
  ];
  await go(page, '#/sinks');
  await page.locator('.card .figure').first().waitFor();
  links.push(
    ...(await page.locator('.card .figure').evaluateAll((all) => all.map((item) => item.getAttribute('href')))),
  );

  for (const href of new Set(links)) {
    await go(page, href);
    await page.getByRole('heading', { level: 1, name: /^(Tasks|Deliveries|Parked deliveries)$/ }).waitFor();
    await page.getByText(/\d+ (tasks|tasks looked through|deliveries) shown/).waitFor();
  }
  assert.ok(links.length > 20, `${links.length} links`);
});

test('charts say in words what they draw, have a gap where nothing is known, and look back a day', async () => {
  const page = await stage.open('#/now');
  const chart = page.getByRole('img', { name: /^Callback answer time\. median: now .* ms, lowest .* ms, highest/ });
  await chart.waitFor();
  assert.equal(await chart.locator('path.series-0').count(), 2);

  await page.getByRole('button', { name: '24 hours' }).click();
  await page.getByText('a day ago').first().waitFor();
  await until(
    () => stage.stub.requests.some((item) => item.path === 'history' && item.query.window === '24h'),
    'a day is asked for',
  );

  assert.equal(await page.getByRole('button', { name: '24 hours' }).getAttribute('aria-pressed'), 'true');
});

test('what happens is told as it happens', async () => {
  const page = await stage.open('#/now');
  await page.locator('.verdict').waitFor();
  await until(() => stage.stub.streams.size === 1, 'the stream is open');

  stage.stub.tell('parked', { task: parkedTask, sink: 'results', detail: hostile.markup });

  await page.getByRole('row', { name: new RegExp(`parked ${parkedTask} results · <img src=x`) }).waitFor();
});

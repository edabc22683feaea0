// The page on the real service, with the real provider simulator and sinks behind it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage, until } from './browser.js';
import { World } from './world.js';

let browser;
let world;
let page;

before(async () => {
  world = new World();
  const { url, token } = await world.do('where');
  browser = await launch();
  page = await openPage(browser, url, { token });
});
after(async () => {
  await browser?.close();
  await world.do('check');
  await world.close();
  assert.deepEqual(page.complaints, [], 'no policy is broken and no error uncaught');
});

const go = (hash) =>
  page.evaluate((to) => {
    location.hash = to;
  }, hash);

test('the service that has nothing to do is good, by its event stream', async () => {
  await page.locator('.verdict.good').waitFor();
  await page.getByTitle('How: live').waitFor();
});

test('a stuck task is found by the provider’s id, its timeline read, and it ends while one looks on', async () => {
  const { task, provider } = await world.do('stuck');
  await page.keyboard.press('/');
  await page.keyboard.type(provider);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: task }).waitFor();
  await page.locator('.events').getByText('submission accepted').waitFor();
  await page.locator('.chip', { hasText: 'in flight' }).waitFor();
  await page.locator('summary', { hasText: 'Sent to the provider' }).click();
  await page.locator('pre', { hasText: 'qwen-voice-design' }).waitFor();

  await world.do('finish', task);

  await page.locator('.events').getByText('ended', { exact: true }).waitFor();
  await page.getByRole('row', { name: /results delivered/ }).waitFor();
  assert.equal(await page.locator('pre').count(), 1, 'what was open stays open');
  assert.equal(await world.do('delivered', task), 1);
});

test('a task is asked about from here, and its timeline says by whom', async () => {
  const { task } = await world.do('stuck');
  await go(`#/task/${task}`);
  await page.getByRole('button', { name: 'Query now' }).click();
  await page.getByLabel('Reason').fill('the caller asks for it');
  await page.getByRole('dialog').getByRole('button', { name: 'Query now' }).click();

  await page.locator('.events').getByText('the caller asks for it').waitFor();
  await world.do('finish', task);
});

test('a sink is paused and resumed, and everybody sees why', async () => {
  await go('#/sinks');
  const card = page.getByRole('article', { name: 'results' });
  await card.getByRole('button', { name: 'Pause results' }).click();
  await page.getByLabel('Reason').fill('their migration');
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await card.getByText('Paused: their migration').waitFor();
  await go('#/now');
  await page.getByRole('link', { name: /A sink is paused.*results/ }).click();

  await card.getByRole('button', { name: 'Resume results' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();

  await card.locator('.chip', { hasText: 'running' }).waitFor();
});

test('parked deliveries are listed by cause, counted by a dry run, and go out again once confirmed', async () => {
  const [first, ...others] = await world.do('parked', 3);
  await go('#/now');
  await page.getByRole('link', { name: /3 deliveries are parked \(sink removed\)/ }).click();
  await page.getByRole('link', { name: first }).waitFor();
  const form = page.getByRole('form', { name: 'Replay' });
  await form.getByLabel('Reason').fill('the sink is back');
  await form.getByRole('button', { name: 'Dry run' }).click();
  await page.getByText('3 deliveries would go out again').waitFor();
  await page.getByRole('button', { name: 'Replay 3 deliveries' }).click();

  await page.getByRole('row', { name: /done results, sink removed 3 of 3/ }).waitFor();
  for (const task of [first, ...others]) assert.ok((await world.do('delivered', task)) >= 1);
  await go('#/actions');
  await page.getByRole('row', { name: /replay.*the sink is back/ }).waitFor();
  await go('#/now');
  await page.locator('.verdict.good').waitFor();
});

test('every view shows what the real service tells, and nothing of it is refused', async () => {
  for (const [hash, text] of [
    ['#/tasks', /tasks shown/],
    ['#/deliveries?state=delivered', /deliveries shown/],
    ['#/provider', 'Requests'],
    ['#/intake', 'Callbacks'],
    ['#/replicas', 'Processes'],
    ['#/actions', 'Backup'],
    ['#/parked', 'Nothing is parked.'],
    ['#/now', 'Throughput'],
  ]) {
    await go(hash);
    await page.locator('main').getByText(text).first().waitFor();
    await page.waitForFunction(() => !document.querySelector('main').innerText.includes('Loading …'));
    assert.equal(await page.locator('.notice.bad').count(), 0, `${hash}: ${await page.locator('main').innerText()}`);
  }
});

test('a backup is made from here and verified', async () => {
  await go('#/actions');
  await page.getByRole('button', { name: 'Start a backup …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();

  await page.locator('.chip', { hasText: 'verified' }).waitFor();
});

test('the service dies and comes back, and the page says both by itself', async () => {
  await go('#/now');
  await world.do('kill');
  await page.locator('.verdict.unknown').waitFor({ timeout: 20000 });
  await until(
    async () => /old|not answer/.test(await page.getByRole('heading', { level: 1 }).innerText()),
    'it says so',
  );

  await world.do('start');

  await page.locator('.verdict.good').waitFor({ timeout: 20000 });
});

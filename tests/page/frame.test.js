// The frame of the page, before the stub: the token, freshness, the absence of the service, accessibility.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { desktop, launch, openPage, phone, until } from './browser.js';
import { calm, disputedTask, hostileTask, stuckTask, unknownTask } from './fixtures.js';
import { Stub, token } from './stub.js';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser;
let stub;
const pages = [];

const open = async (options) => {
  const page = await openPage(browser, stub.url, options);
  pages.push(page);
  return page;
};
/** As the operator sees it: the views' links. */
export const everyView = ['#/now', '#/tasks', '#/tasks?stage=ended&only=disputed', `#/task/${stuckTask}`, `#/task/${unknownTask}`, `#/task/${disputedTask}`, `#/task/${hostileTask}`, '#/task/nothing', '#/deliveries?state=pending', '#/sinks',
  '#/parked', '#/parked?sink=results&cause=timeout', '#/provider', '#/intake', '#/replicas', '#/actions'];

before(async () => { browser = await launch(); });
after(() => browser.close());
beforeEach(async () => { stub = await new Stub().start(); });
afterEach(async () => {
  const complaints = pages.flatMap((page) => page.complaints);
  await Promise.all(pages.splice(0).map((page) => page.context().close()));
  await stub.stop();
  assert.deepEqual(complaints, [], 'no policy is broken and no error uncaught');
});

const settled = async (page) => {
  await page.locator('.freshness.good').waitFor();
  await page.waitForFunction(() => !document.querySelector('main').innerText.includes('Loading …'));
};

async function serious(page) {
  // The page's policy lets no script in: the checker comes by the debugger, as the tests do.
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.filter((item) => ['serious', 'critical'].includes(item.impact))
    .map((item) => `${item.id}: ${item.nodes.map((node) => `${node.target} ${node.failureSummary}`).slice(0, 3).join(' | ')}`);
}

const go = (page, hash) => page.evaluate((to) => { location.hash = to; }, hash);

test('it asks for the token, refuses a wrong one in words, and keeps the right one in this tab alone', async () => {
  const page = await open();
  await page.getByRole('heading', { name: 'Operator token' }).waitFor();
  assert.equal(stub.requests.length, 0);

  await page.getByLabel('Token', { exact: true }).fill('not-the-token-at-all');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('does not know this token').waitFor();
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.keyboard.press('Enter');
  await page.locator('.verdict').waitFor();
  await page.reload();
  await page.locator('.verdict').waitFor();

  const stored = await page.evaluate(() => ({ local: Object.keys(localStorage), cookie: document.cookie, session: Object.values(sessionStorage), address: location.href }));
  assert.deepEqual(stored.session, [token]);
  assert.deepEqual([stored.local, stored.cookie], [[], '']);
  assert.ok(!stored.address.includes(token));
  const other = await page.context().newPage();
  await other.goto(stub.url);
  await other.getByLabel('Token', { exact: true }).waitFor();
});

test('forgetting the token takes everything off the page, and the question comes back', async () => {
  const page = await open({ token, hash: '#/parked' });
  await page.getByText('status 5xx').first().waitFor();

  await page.getByRole('button', { name: 'Forget token' }).click();

  await page.getByLabel('Token', { exact: true }).waitFor();
  assert.ok(!(await page.locator('body').innerText()).includes('results'));
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});

test('a token that is replaced while the page is open brings the question back, with the reason', async () => {
  const page = await open({ token });
  stub.token = 'another-token-from-now-on';
  for (const stream of stub.streams) stream.end();

  await page.getByRole('alert').getByText('may have been replaced').waitFor();
  await page.getByLabel('Token', { exact: true }).fill('another-token-from-now-on');
  await page.keyboard.press('Enter');

  await page.locator('.verdict').waitFor();
});

test('Now is green only when it knows, and says in words with links what is wrong', async () => {
  const troubled = stub.summary;
  stub.summary = calm(troubled);
  const page = await open({ token });
  await page.locator('.verdict.good').getByRole('heading', { name: 'Nothing is late, nothing is lost' }).waitFor();

  stub.summary = troubled;
  await page.locator('.verdict.bad').waitFor();
  const links = await page.locator('.verdict li a').evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute('href')]));
  assert.equal(links.length, 11);
  await page.getByRole('link', { name: /^47 deliveries are parked \(status 5xx\)/ }).click();
  await page.getByRole('heading', { name: 'Parked deliveries' }).waitFor();
  assert.match(page.url(), /#\/parked\?sink=results&cause=status_5xx$/);
});

test('what is not known is a dash and never 0', async () => {
  Object.assign(stub.summary.provider, { credits: { remaining: null, unlimited: null, at: null }, last_answer_at: null, in_flight: null });
  stub.summary.recovered_by_query_share = null;
  const page = await open({ token, hash: '#/provider' });
  await settled(page);

  const facts = await page.locator('.facts').first().locator('div').evaluateAll((all) => Object.fromEntries(all.map((item) => [item.children[0].textContent, item.children[1].textContent])));
  assert.deepEqual([facts['Credits left'], facts['Credits as of'], facts['Requests under way'], facts['Last answer']], ['–', '–', '–', '–']);
  await go(page, '#/now');
  await page.getByText('– recovered by asking').waitFor();
});

test('it says how old it is, warns when the service falls silent, and recovers', async () => {
  const page = await open({ token });
  await page.locator('.freshness.good').getByText(/updated [0-2] s ago/).waitFor();

  stub.silent = true;
  stub.hasStream = false;
  stub.routes['GET summary'] = () => ({ refuse: [503, 'store_unavailable', 'The store does not answer.'] });
  await page.locator('.freshness.warn').waitFor({ timeout: 15000 });
  await page.locator('.verdict.unknown').getByRole('heading', { name: 'What is shown is getting old' }).waitFor();
  stub.silent = false;

  await page.locator('.freshness.good').waitFor({ timeout: 15000 });
});

test('a service without an event stream is asked again and again', async () => {
  stub.hasStream = false;
  const page = await open({ token, hash: '#/provider' });
  await page.locator('.freshness.good').waitFor();
  stub.summary.provider.credits.remaining = 77;

  await page.getByText('77', { exact: true }).waitFor();

  assert.ok(stub.requests.filter((item) => item.path === 'summary').length >= 2);
});

test('a lost service is said to be lost, what was shown stays, and it comes back by itself', async () => {
  const page = await open({ token, hash: '#/sinks' });
  await settled(page);
  const { port } = stub;
  await stub.stop();
  await page.locator('.outdated').getByText(/Nothing new from the service/).waitFor({ timeout: 20000 });
  assert.ok(await page.getByRole('heading', { name: 'archive' }).isVisible());
  await page.locator('.outdated.bad').getByText(/No answer from the service/).waitFor({ timeout: 20000 });

  stub = await new Stub().start(port);

  await page.locator('.freshness.good').waitFor({ timeout: 20000 });
  await page.locator('.outdated').waitFor({ state: 'detached' });
});

test('a refresh takes nothing from the operator: focus, typing, choices, what is open, selected or scrolled to', async () => {
  const page = await open({ token, hash: `#/task/${hostileTask}`, viewport: { width: 900, height: 500 } });
  await settled(page);
  await page.locator('summary', { hasText: 'Sent to the provider' }).click();
  await page.locator('pre').first().waitFor();
  await page.evaluate(() => {
    getSelection().selectAllChildren(document.querySelector('.events .event-what'));
    scrollTo(0, 300);
  });
  const before = await page.evaluate(() => ({ selected: String(getSelection()), top: scrollY }));
  const reads = () => stub.requests.filter((item) => item.path.startsWith('tasks/')).length;
  for (const wanted of [2, 3]) {
    stub.tell('action', { task: hostileTask });
    await until(() => reads() >= wanted, 'the task is read again');
  }
  await page.evaluate(() => new Promise(requestAnimationFrame));

  assert.deepEqual(await page.evaluate(() => ({ selected: String(getSelection()), top: scrollY })), before);
  assert.equal(await page.locator('pre').count(), 1);

  await go(page, '#/parked');
  await settled(page);
  await page.getByLabel('Reason').fill('the consumer is back');
  await page.getByRole('form', { name: 'Replay' }).getByLabel('Cause').selectOption('timeout');
  await page.getByLabel('Reason').focus();
  stub.summary.deliveries.sinks.results.parked_by_cause.dns = 5;
  await page.getByRole('row', { name: /results dns 5/ }).waitFor();
  assert.equal(await page.getByLabel('Reason').inputValue(), 'the consumer is back');
  assert.equal(await page.getByRole('form', { name: 'Replay' }).getByLabel('Cause').inputValue(), 'timeout');
  assert.ok(await page.getByLabel('Reason').evaluate((item) => item === document.activeElement));
});

test('who only hears the page is told when the whole picture changes, and not of every refresh', async () => {
  stub.summary = calm(stub.summary);
  const page = await open({ token });
  await page.locator('.verdict.good').waitFor();
  await page.evaluate(() => {
    window.heard = [];
    new MutationObserver(() => window.heard.push(document.getElementById('announced').textContent)).observe(document.getElementById('announced'), { childList: true, characterData: true, subtree: true });
  });
  const sent = stub.sent;
  await until(() => stub.sent >= sent + 4, 'more summaries are sent');
  assert.deepEqual(await page.evaluate(() => window.heard), []);

  stub.summary.disputed = 1;
  await page.locator('.verdict.bad').waitFor();

  assert.deepEqual(await page.evaluate(() => window.heard), ['One thing needs you']);
  assert.deepEqual(await page.locator('[aria-live], [role=status], [role=alert]').evaluateAll((all) => all.map((item) => item.id).sort()), ['announced', 'said']);
});

for (const colorScheme of ['light', 'dark'])
  for (const [name, viewport] of Object.entries({ wide: desktop, narrow: phone }))
    test(`every view, ${colorScheme} and ${name}: nothing serious for axe, nothing wider than the screen, one heading of the first order`, async () => {
      // Lines beyond these are like these.
      stub.tasks.splice(10);
      stub.deliveries.splice(8, 60);
      stub.actions.splice(10);
      const page = await open({ viewport, colorScheme });
      assert.deepEqual(await serious(page), [], 'the question');
      await page.getByLabel('Token', { exact: true }).fill(token);
      await page.keyboard.press('Enter');
      for (const hash of everyView) {
        await go(page, hash);
        await settled(page);
        assert.deepEqual(await serious(page), [], hash);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${hash} is wider than the screen`);
        assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, hash);
      }
      await go(page, '#/sinks');
      await page.getByRole('button', { name: 'Pause results' }).click();
      assert.deepEqual(await serious(page), [], 'a dialog');
    });

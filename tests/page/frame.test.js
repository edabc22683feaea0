// The frame of the page, before the stub: the token, freshness, the absence of the service.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './browser.js';
import { calm, hostileTask } from './fixtures.js';
import { go, makeStage, settled } from './stage.js';
import { Stub, token } from './stub.js';

const stage = makeStage();

test('it asks for the token, refuses a wrong one in words, and keeps the right one in this tab alone', async () => {
  const page = await stage.open('', { token: '' });
  await page.getByRole('heading', { name: 'Operator token' }).waitFor();
  assert.equal(stage.stub.requests.length, 0);

  await page.getByLabel('Token', { exact: true }).fill('not-the-token-at-all');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('does not know this token').waitFor();
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.keyboard.press('Enter');
  await page.locator('.verdict').waitFor();
  await page.reload();
  await page.locator('.verdict').waitFor();

  const stored = await page.evaluate(() => ({
    local: Object.keys(localStorage),
    cookie: document.cookie,
    session: Object.values(sessionStorage),
    address: location.href,
  }));
  assert.deepEqual(stored.session, [token]);
  assert.deepEqual([stored.local, stored.cookie], [[], '']);
  assert.ok(!stored.address.includes(token));
  const other = await page.context().newPage();
  await other.goto(stage.stub.url);
  await other.getByLabel('Token', { exact: true }).waitFor();
});

test('forgetting the token takes everything off the page, and the question comes back', async () => {
  const page = await stage.open('#/parked');
  await page.getByText('status 5xx').first().waitFor();

  await page.getByRole('button', { name: 'Forget token' }).click();

  await page.getByLabel('Token', { exact: true }).waitFor();
  assert.ok(!(await page.locator('body').innerText()).includes('results'));
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});

test('a token that is replaced while the page is open brings the question back, with the reason', async () => {
  const page = await stage.open('#/now');
  stage.stub.token = 'another-token-from-now-on';
  for (const stream of stage.stub.streams) stream.end();

  await page.getByRole('alert').getByText('may have been replaced').waitFor();
  await page.getByLabel('Token', { exact: true }).fill('another-token-from-now-on');
  await page.keyboard.press('Enter');

  await page.locator('.verdict').waitFor();
});

test('Now is green only when it knows, and says in words with links what is wrong', async () => {
  const troubled = stage.stub.summary;
  stage.stub.summary = calm(troubled);
  const page = await stage.open('#/now');
  await page.locator('.verdict.good').getByRole('heading', { name: 'Nothing is late, nothing is lost' }).waitFor();

  stage.stub.summary = troubled;
  await page.locator('.verdict.bad').waitFor();
  const links = await page
    .locator('.verdict li a')
    .evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute('href')]));
  assert.equal(links.length, 12);
  assert.equal(await page.title(), '(10) Now · voicehook');
  await page.getByRole('link', { name: /^47 deliveries are parked \(status 5xx\)/ }).click();
  await page.getByRole('heading', { name: 'Parked deliveries' }).waitFor();
  assert.match(page.url(), /#\/parked\?sink=results&cause=status_5xx$/);
});

test('what is not known is a dash and never 0', async () => {
  Object.assign(stage.stub.summary.provider, {
    credits: { remaining: null, unlimited: null, at: null },
    last_answer_at: null,
    in_flight: null,
  });
  stage.stub.summary.recovered_by_query_share = null;
  const page = await stage.open('#/provider');
  await settled(page);

  const facts = await page
    .locator('.facts')
    .first()
    .locator('div')
    .evaluateAll((all) =>
      Object.fromEntries(all.map((item) => [item.children[0].textContent, item.children[1].textContent])),
    );
  assert.deepEqual(
    [facts['Credits left'], facts['Credits as of'], facts['Requests under way'], facts['Last answer']],
    ['–', '–', '–', '–'],
  );
  await go(page, '#/now');
  await page.getByText('– recovered by asking').waitFor();
});

test('it says how old it is, warns when the service falls silent, and recovers', async () => {
  const page = await stage.open('#/now');
  await page
    .locator('.freshness.good')
    .getByText(/updated [0-2] s ago/)
    .waitFor();

  stage.stub.silent = true;
  stage.stub.hasStream = false;
  stage.stub.routes['GET summary'] = () => ({ refuse: [503, 'store_unavailable', 'The store does not answer.'] });
  await page.locator('.freshness.warn').waitFor({ timeout: 15000 });
  await page.locator('.verdict.unknown').getByRole('heading', { name: 'What is shown is getting old' }).waitFor();
  stage.stub.silent = false;

  await page.locator('.freshness.good').waitFor({ timeout: 15000 });
});

test('a computer that slept does not take what it knew for new', async () => {
  const page = await stage.open('#/now');
  await page.locator('.freshness.good').waitFor();
  stage.stub.silent = true;

  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 3600e3;
  });

  await page
    .locator('.freshness.bad')
    .getByText(/no answer, updated (60 min|1 h) ago/)
    .waitFor();
});

test('a service without an event stream is asked again and again', async () => {
  stage.stub.hasStream = false;
  const page = await stage.open('#/provider');
  await page.locator('.freshness.good').waitFor();
  stage.stub.summary.provider.credits.remaining = 77;

  await page.getByText('77', { exact: true }).waitFor();

  assert.ok(stage.stub.requests.filter((item) => item.path === 'summary').length >= 2);
});

test('a lost service is said to be lost, what was shown stays, and it comes back by itself', async () => {
  const page = await stage.open('#/sinks');
  await settled(page);
  const { port } = stage.stub;
  await stage.stub.stop();
  await page
    .locator('.outdated')
    .getByText(/Nothing new from the service/)
    .waitFor({ timeout: 20000 });
  assert.ok(await page.getByRole('heading', { name: 'archive' }).isVisible());
  await page
    .locator('.outdated.bad')
    .getByText(/No answer from the service/)
    .waitFor({ timeout: 20000 });

  stage.stub = await new Stub().start(port);

  await page.locator('.freshness.good').waitFor({ timeout: 20000 });
  await page.locator('.outdated').waitFor({ state: 'detached' });
});

test('a refresh takes nothing from the operator: focus, typing, choices, what is open, selected or scrolled to', async () => {
  const page = await stage.open(`#/task/${hostileTask}`, { viewport: { width: 900, height: 500 } });
  await settled(page);
  await page.locator('summary', { hasText: 'Sent to the provider' }).click();
  await page.locator('pre').first().waitFor();
  await page.evaluate(() => {
    getSelection().selectAllChildren(document.querySelector('.events .event-what'));
    scrollTo(0, 300);
  });
  const before = await page.evaluate(() => ({ selected: String(getSelection()), top: scrollY }));
  const reads = () => stage.stub.requests.filter((item) => item.path.startsWith('tasks/')).length;
  for (const wanted of [2, 3]) {
    stage.stub.tell('action', { task: hostileTask });
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
  stage.stub.summary.deliveries.sinks.results.parked_by_cause.dns = 5;
  await page.getByRole('row', { name: /results dns 5/ }).waitFor();
  assert.equal(await page.getByLabel('Reason').inputValue(), 'the consumer is back');
  assert.equal(await page.getByRole('form', { name: 'Replay' }).getByLabel('Cause').inputValue(), 'timeout');
  assert.ok(await page.getByLabel('Reason').evaluate((item) => item === document.activeElement));
});

test('who only hears the page is told when the whole picture changes, and not of every refresh', async () => {
  stage.stub.summary = calm(stage.stub.summary);
  const page = await stage.open('#/now');
  await page.locator('.verdict.good').waitFor();
  await page.evaluate(() => {
    window.heard = [];
    new MutationObserver(() => window.heard.push(document.getElementById('announced').textContent)).observe(
      document.getElementById('announced'),
      { childList: true, characterData: true, subtree: true },
    );
  });
  const sent = stage.stub.sent;
  await until(() => stage.stub.sent >= sent + 4, 'more summaries are sent');
  assert.deepEqual(await page.evaluate(() => window.heard), []);

  stage.stub.summary.disputed = 1;
  await page.locator('.verdict.bad').waitFor();

  assert.deepEqual(await page.evaluate(() => window.heard), ['One thing needs you']);
  assert.deepEqual(
    await page
      .locator('[aria-live], [role=status], [role=alert]')
      .evaluateAll((all) => all.map((item) => item.id).sort()),
    ['announced', 'said'],
  );
});

// What others wrote, before the stub: shown as text, whatever it is and however long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desktop, phone } from './browser.js';
import { hostile, hostileTask } from './fixtures.js';
import { go, makeStage } from './stage.js';

const stage = makeStage();

for (const [name, viewport] of Object.entries({ desktop, phone }))
  test(`hostile texts leave no element behind (${name})`, async () => {
    const page = await stage.open('#/now', { viewport });
    const views = [
      '#/now',
      '#/tasks',
      `#/task/${hostileTask}`,
      '#/sinks',
      '#/deliveries?state=parked',
      '#/parked',
      '#/actions',
      `#/parked?sink=${encodeURIComponent(hostile.attribute)}`,
      `#/tasks?q=${encodeURIComponent(hostile.markup)}`,
      `#/task/${encodeURIComponent(hostile.markup)}`,
      `#/${hostile.markup}`,
    ];
    for (const hash of views) {
      await go(page, hash);
      await page.waitForFunction(() => !document.querySelector('main').innerText.includes('Loading …'));
      await page.evaluate(() => {
        for (const item of document.querySelectorAll('details')) item.open = true;
      });
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
      const found = await page.evaluate(() => ({
        elements: document.querySelectorAll(
          'body script, img, iframe, object, embed, [onerror], [onload], [style], svg[onload]',
        ).length,
        odd: [...document.querySelectorAll('*')]
          .map((item) => item.localName)
          .filter((item) => !/^[a-z0-9]+$/i.test(item)),
        scripts: document.scripts.length,
        links: [...document.links].map((item) => item.protocol).filter((item) => !/^https?:$/.test(item)),
        invisible: /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(
          document.body.textContent,
        ),
      }));
      assert.deepEqual(found, { elements: 0, odd: [], scripts: 1, links: [], invisible: false }, hash);
    }
    await go(page, `#/task/${hostileTask}`);
    await page.getByText('invoice⟨U+202E⟩gnp.exe').first().waitFor();
    assert.equal(
      await page
        .locator('bdi', { hasText: 'invoice' })
        .first()
        .evaluate((item) => getComputedStyle(item).unicodeBidi),
      'isolate',
    );
  });

test('a line of ten megabytes is cut, shown further on demand, and the page stays quick', async () => {
  const page = await stage.open(`#/task/${hostileTask}`);
  const entry = page.locator('.events > li', { hasText: 'duplicate' });
  await entry.waitFor();
  const started = Date.now();
  await entry.locator('summary').click();
  await entry.getByText('4,000 of 10,485,771 characters').waitFor();
  await entry.getByRole('button', { name: 'Show more' }).click();
  await entry.getByText('64,000 of 10,485,771 characters').waitFor();
  const opened = Date.now() - started;
  const longest = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const gaps = [];
        let last = performance.now();
        const step = () => {
          gaps.push(performance.now() - last);
          last = performance.now();
          if (gaps.length < 120) requestAnimationFrame(step);
          else resolve(Math.max(...gaps));
        };
        requestAnimationFrame(step);
      }),
  );

  assert.ok(opened < 4000, `opened in ${opened} ms`);
  assert.ok(longest < 700, `the longest frame took ${longest} ms`);
  assert.equal(await entry.locator('pre').evaluate((item) => item.textContent.length), 64000);
});

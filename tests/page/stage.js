// A browser, a stub for each test, and what must hold after every test.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';
import { launch, openPage } from './browser.js';
import { Stub, token } from './stub.js';

/** `stub` is the service of the test that runs; `open` opens a tab that knows the token, unless it is told another. */
export function makeStage() {
  const pages = [];
  const stage = {
    stub: null,
    async open(hash, options = {}) {
      const page = await openPage(stage.browser, stage.stub.url, { token, hash, ...options });
      pages.push(page);
      return page;
    },
    orders: () => stage.stub.requests.filter((item) => item.method === 'POST'),
  };
  before(async () => {
    stage.browser = await launch();
  });
  after(() => stage.browser.close());
  beforeEach(async () => {
    stage.stub = await new Stub().start();
  });
  afterEach(async () => {
    const complaints = pages.flatMap((page) => page.complaints);
    const owned = await Promise.all(pages.map((page) => page.evaluate(() => window.owned)));
    await Promise.all(pages.splice(0).map((page) => page.context().close()));
    await stage.stub.stop();
    assert.deepEqual(complaints, [], 'no policy is broken and no error uncaught');
    assert.deepEqual([...new Set(owned)].filter(Boolean), [], 'no foreign text was run');
  });
  return stage;
}

/** Follows an address of the page. */
export function go(page, hash) {
  return page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

/** Everything that the view asked for has come. */
export async function settled(page) {
  await page.locator('.freshness.good').waitFor();
  await page.waitForFunction(() => !document.querySelector('main').innerText.includes('Loading …'));
}

// Chromium as the tests use it, and what a tab must never do.
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export function launch() {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export const phone = { width: 360, height: 740 };
export const desktop = { width: 1360, height: 900 };

/** A tab; `complaints` collects broken policies and uncaught errors. The token is typed in unless there is none. */
export async function openPage(
  browser,
  url,
  { token, hash = '#/now', viewport = desktop, colorScheme = 'light' } = {},
) {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    ignoreHTTPSErrors: true,
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(`error: ${error.stack ?? error}`));
  page.on('console', (message) => {
    if (/Content.Security.Policy|Refused to|violates/i.test(message.text())) page.complaints.push(message.text());
  });
  await page.exposeFunction('complainOfPolicy', (text) => page.complaints.push(text));
  await page.addInitScript(() =>
    addEventListener('securitypolicyviolation', (event) =>
      window.complainOfPolicy(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
    ),
  );
  await page.goto(url + hash);
  if (token) {
    await page.getByLabel('Token', { exact: true }).fill(token);
    await page.keyboard.press('Enter');
    await page.locator('.view').waitFor();
  }
  return page;
}

/** Waits until `holds()` is true, under a deadline. */
export async function until(holds, what, within = 10000) {
  const deadline = Date.now() + within;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Writes what the page looks like: every view, wide and narrow, light and dark, into the folder that is named.
import { mkdirSync } from 'node:fs';
import { desktop, launch, openPage, phone } from './browser.js';
import { calm, disputedTask, hostileTask, stuckTask } from './fixtures.js';
import { Stub, token } from './stub.js';

const folder = process.argv[2];
const only = process.argv[3];
if (!folder) throw new Error('usage: node screenshots.js FOLDER [VIEW]');
mkdirSync(folder, { recursive: true });

const shots = {
  now: '#/now',
  calm: '#/now',
  tasks: '#/tasks',
  stuck: `#/task/${stuckTask}`,
  disputed: `#/task/${disputedTask}`,
  hostile: `#/task/${hostileTask}`,
  sinks: '#/sinks',
  parked: '#/parked?sink=results',
  deliveries: '#/deliveries?state=pending',
  provider: '#/provider',
  intake: '#/intake',
  replicas: '#/replicas',
  actions: '#/actions',
};
const stub = await new Stub().start();
stub.bigText = 'x'.repeat(20000);
const troubled = stub.summary;
const browser = await launch();
for (const colorScheme of ['light', 'dark'])
  for (const [width, viewport] of Object.entries({ desktop, phone }))
    for (const [name, hash] of Object.entries(shots)) {
      if (only && only !== name) continue;
      stub.summary = name === 'calm' ? calm(troubled) : troubled;
      const page = await openPage(browser, stub.url, { token, hash, viewport, colorScheme });
      if (name === 'now') stub.tell('ended', { task: stuckTask, caller: 'tts-web', detail: 'completed by a callback' });
      if (name === 'now') stub.tell('parked', { sink: 'results', detail: 'status_5xx after 34 attempts' });
      await page.locator('.freshness.good').waitFor();
      await page.getByText('Loading …').first().waitFor({ state: 'detached' });
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      if (page.complaints.length) console.error(name, page.complaints);
      await page.context().close();
    }
await browser.close();
await stub.stop();

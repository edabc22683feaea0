// Runs every test here with node's own runner, three files at a time: they wait more than they work.
import { readdirSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.test.js') && (!wanted.length || wanted.includes(name.split('.')[0])))
  .map((name) => folder + name);

run({ files, concurrency: 3, timeout: 240000 })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);

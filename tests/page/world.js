// The real programs, by tests/page/world.py.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export class World {
  constructor() {
    this.program = spawn('/usr/bin/python3', ['-B', fileURLToPath(new URL('world.py', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.lines = createInterface({ input: this.program.stdout })[Symbol.asyncIterator]();
  }

  /** Has something done, one thing after the other. */
  async do(verb, ...words) {
    this.program.stdin.write(`${JSON.stringify([verb, ...words])}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the world ended before it did ${verb}`);
    const outcome = JSON.parse(value);
    if (outcome.failed) throw new Error(outcome.failed);
    return outcome.done;
  }

  async close() {
    const ended = new Promise((resolve) => this.program.on('exit', resolve));
    this.program.stdin.end();
    await ended;
  }
}

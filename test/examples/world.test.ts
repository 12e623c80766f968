import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { ROOT } from '../architecture/house.js';
import { startProgram } from './program.js';
import { Project, replaceOnce } from './project.js';

/** All that is changed in the example to have it as it was before it moved here. */
const CHANGED = ['app/rpc-client.js', 'app/rpc-server.js'];
const PORTS = 5;

describe('a project that was written for pomelo-rpc', () => {
  const project = new Project();
  before(() => project.install());
  after(() => project.remove());

  it('prints the same with mailstation as with pomelo-rpc', async (t) => {
    const [mine, pomelos] = await Promise.all([run(t, 'mailstation'), run(t, 'pomelo-rpc')]);
    assert.equal(mine, pomelos);
    const lines = mine.split('\n');
    assert.equal(
      lines[0],
      [
        'bound null {"uid":"ada","frontendId":"connector-1","areaId":"area-1"}',
        '{"uid":"bob","frontendId":"connector-2","areaId":"area-1"}',
      ].join(' '),
    );
    assert.ok(lines.includes('heard null ["system: bob fell to ada","bob: what a ******"]'), mine);
    assert.ok(lines.includes('chat.room.say {"called":1,"answered":true}'), mine);
  });

  it('moved over by what two of its files require, and nothing else', (t) => {
    const files = readdirSync(`${ROOT}examples/world`, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.js'),
    );
    const diff = files.flatMap((file) => {
      const lines = readFileSync(join(ROOT, 'examples/world', file), 'utf8').split('\n');
      return lines
        .filter((line) => line.includes('mailstation'))
        .map((line) => `${file}\n-${line.replace('mailstation', 'pomelo-rpc')}\n+${line}`);
    });
    t.diagnostic(`\n${diff.join('\n')}`);
    assert.deepEqual(diff.sort(), [
      "app/rpc-client.js\n-const Client = require('pomelo-rpc').client;\n+const Client = require('mailstation').client;",
      "app/rpc-server.js\n-const Server = require('pomelo-rpc').server;\n+const Server = require('mailstation').server;",
    ]);
  });

  async function run(t: TestContext, library: string): Promise<string> {
    const folder = project.copy('world', `world-with-${library}`);
    for (const file of CHANGED) replaceOnce(join(folder, file), "require('mailstation')", `require('${library}')`);
    const port = await freePorts(PORTS);
    const world = startProgram(t, join(folder, 'world.js'), { args: [String(port)] });
    assert.equal(await world.end(40_000), 0, world.stderr);
    // The program provokes refusals, which the servers log with their stacks.
    const provoked = /Error: (?:ada is bound already|area-2 is not that deep)/g;
    assert.doesNotMatch(world.stderr.replaceAll(provoked, ''), /error|warning/i);
    return world.stdout;
  }
});

/** The first of so many ports in a row that nobody listens on. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    if (first + count > 65_535) continue;
    const busy = await Promise.all(Array.from({ length: count - 1 }, (_, at) => isTaken(first + 1 + at)));
    if (!busy.includes(true)) return first;
  }
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}

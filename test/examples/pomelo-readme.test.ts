import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { startProgram, untilListening } from './program.js';
import { Project, replaceOnce } from './project.js';

const EXPECTED = `rpc client started
service.echo goes to test-server-1
echo: null hello
service.divide goes to test-server-1
divide: null 3 2
service.divide goes to test-server-1
divide by zero fails: true
`;

describe('a program for pomelo-rpc', () => {
  const project = new Project();
  before(() => project.install());
  after(() => project.remove());

  for (const library of ['mailstation', 'pomelo-rpc']) {
    it(`runs with ${library}`, async (t) => {
      assert.equal(await run(t, library), EXPECTED);
    });
  }

  /** What the client prints, with nothing changed in the example but the library that its two programs require. */
  async function run(t: TestContext, library: string): Promise<string> {
    const folder = project.copy('pomelo', `with-${library}`);
    for (const file of ['server.js', 'client.js']) {
      replaceOnce(join(folder, file), "require('mailstation')", `require('${library}')`);
    }
    const port = await freePort();
    const server = startProgram(t, join(folder, 'server.js'), { args: [String(port)] });
    await server.untilPrinted('rpc server started', 60_000);
    await untilListening(port, 40_000);
    const client = startProgram(t, join(folder, 'client.js'), { args: [String(port)] });
    assert.equal(await client.end(80_000), 0, client.stderr);
    assert.equal(client.stderr, '');
    // The program divides by zero on purpose, which the server logs with the stack.
    assert.doesNotMatch(server.stderr.replace('Error: divided by zero', ''), /error|warning/i);
    return client.stdout;
  }
});

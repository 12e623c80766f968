import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { keptLog, type Served, serve, unusedPort } from '../behaviour/support.js';
import { TestTerminal } from '../support/terminal.js';
import { command, commandLine } from './support.js';

class Rooms {
  /** Greets a guest by name. The second sentence is for readers of the source. */
  greet(name: string, politely = true) {
    return [name, politely];
  }

  async *list(prefix: string) {
    yield prefix;
  }

  ['odd \u001b[31m name']() {}
}

const rooms = (t: TestContext, options: Parameters<typeof serve>[2] = {}): Promise<Served> =>
  serve(t, {}, { paths: [], services: { user: { rooms: new Rooms() } }, ...options });

describe('mailstation ls', () => {
  it('lists servers with their health, and their methods with parameters and comments', async (t) => {
    const one = await rooms(t, { id: 'chat-1', serverType: 'chat', callStats: true });
    const two = await rooms(t, { id: 'chat-2', serverType: 'chat', callStats: false });
    two.server.setHealth('not-serving', { namespace: 'user', reason: 'the database is down' });
    const { code, stdout, stderr } = await command(t, ['ls', String(one.port), String(two.port)]);
    assert.deepEqual([code, stderr], [0, '']);
    const lines = stdout.split('\n');
    assert.match(String(lines[0]), /^SERVER +TYPE +HEALTH +PLACE +CALLS +UP +VERSION$/);
    assert.match(
      String(lines[1]),
      new RegExp(`^chat-1 +chat +serving +tcp://127\\.0\\.0\\.1:${one.port} +0 +\\S+ +\\d`),
    );
    assert.match(String(lines[2]), /^chat-2 +chat +serving .* - +\S+ +\d/);
    assert.equal(lines[3], 'chat-2: user is not served: the database is down');
    assert.deepEqual(lines.slice(5), [
      'methods of chat-1, chat-2 (chat)',
      '  user.rooms.',
      '    greet(name, politely?)                Greets a guest by name.',
      '    list(prefix) as a stream',
      '    odd \\u001b[31m name()',
      '',
    ]);
  });

  it('says of a server that refuses the registration that it refuses, and why, by address and by id', async (t) => {
    const { port } = await rooms(t, { secret: 'a secret of the test servers' });
    for (const address of [String(port), `test-1@127.0.0.1:${port}`]) {
      const { code, stdout } = await command(t, ['ls', address, '--timeout', '1s']);
      assert.equal(code, 3);
      const [, line = '', ...why] = stdout.split('\n');
      assert.match(line, /^\S+ +- +refuses +tcp:/, stdout);
      assert.match(why.join('\n'), /did not accept the registration .*--secret-file.* \(ERR_RPC_UNAUTHENTICATED\)/);
    }
  });

  it('gives programs the same as JSON, and only what begins with a prefix', async (t) => {
    const { port } = await rooms(t);
    const { stdout } = await command(t, ['ls', String(port), '--json', '--prefix', 'user.rooms.g']);
    const { servers } = JSON.parse(stdout);
    assert.deepEqual(
      [servers.length, servers[0].id, servers[0].state, servers[0].health.status],
      [1, 'test-1', 'answered', 'serving'],
    );
    assert.deepEqual(
      servers[0].methods.map(({ name }: { name: string }) => name),
      ['user.rooms.greet'],
    );
  });

  it('lists servers that are away or say nothing, with the reason and the exit code', async (t) => {
    const silent = await rooms(t, { inspect: false });
    const unused = await unusedPort(t);
    const away = await command(t, ['ls', String(unused), '--timeout', '2s']);
    assert.deepEqual([away.code, away.stderr], [3, '']);
    assert.match(
      away.stdout,
      new RegExp(`^${unused}: connect ECONNREFUSED 127\\.0\\.0\\.1:${unused} \\(ERR_RPC_CONNECT\\)$`, 'm'),
    );
    const older = await command(t, ['ls', String(silent.port)]);
    assert.equal(older.code, 1);
    assert.match(
      older.stdout,
      /^test-1: the server answers no questions about itself: its version of mailstation is older/m,
    );
  });

  it('lists 10,000 methods', async (t) => {
    const methods = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`m${at}`, () => at]));
    const { port } = await serve(t, {}, { paths: [], services: { user: { many: methods } }, logger: keptLog().logger });
    const { code, stdout } = await command(t, ['ls', String(port), '--timeout', '1m']);
    assert.deepEqual([code, stdout.split('\n').filter((line) => /^ {4}m\d+\(\)$/.test(line)).length], [0, 10_000]);
  });

  it('fits a terminal of 40 columns, painted; a pipe and NO_COLOR have no paint', async (t) => {
    const { port } = await rooms(t, { id: 'a-server-with-a-long-name-that-does-not-fit-1' });
    const terminal = await TestTerminal.open(t, { columns: 40, rows: 60 });
    const line = commandLine(['ls', String(port)]).join(' ');
    terminal.run(`${line}; echo "code $?"`);
    await terminal.until(/^code 0$/m);
    const shown = terminal.history.slice(terminal.history.lastIndexOf('SERVER'));
    assert.match(shown, /^SERVER +HEALTH$/m);
    assert.match(shown, /^a-server-\S*… +serving$/m);
    assert.ok(terminal.raw.includes('\x1b[1mSERVER'), 'the head is bold');
    const before = terminal.raw.length;
    terminal.run(`${line} --no-color; NO_COLOR=1 ${line}; echo "code $?" again`);
    await terminal.until(/^code 0 again$/m);
    assert.ok(!terminal.raw.slice(before).includes('\x1b[1m'), 'nothing is painted');
  });
});

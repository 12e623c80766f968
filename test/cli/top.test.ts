import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { FleetSample } from '../../observe/fleet/index.js';
import { call, makeGate, type Served, serve, unusedPort } from '../behaviour/support.js';
import { type TerminalOptions, TestTerminal, withoutTerminal } from '../support/terminal.js';
import { untilEvent } from '../support/until.js';
import { command, commandLine, sentence, start } from './support.js';

/** A server that counts, with calls that go on until the test is over: `echo` is answered, and each tenth call fails. */
async function busy(t: TestContext, id: string, port = 0): Promise<Served> {
  const service = {
    echo: (value: unknown) => value,
    fail() {
      throw Object.assign(new Error('no'), { code: 'E_NO' });
    },
  };
  const served = await serve(t, service, { id, port, callStats: true, expectedErrors: ['E_NO'] });
  const { calls } = await call(t, [served]);
  let isOver = false;
  t.after(() => {
    isOver = true;
  });
  void (async () => {
    for (let made = 1; !isOver; made += 1) {
      await (made % 10 === 0 ? calls['fail'] : calls['echo'])?.toServer(id, made).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  return served;
}

/** `mailstation top` in a terminal, when figures are there. */
async function topIn(t: TestContext, args: readonly string[], options: TerminalOptions = {}): Promise<TestTerminal> {
  const terminal = await TestTerminal.open(t, { columns: 170, ...options });
  terminal.run(commandLine(['top', ...args, '--interval', '300ms']).join(' '));
  await terminal.untilTrue(() => terminal.isAlternate && /calls [\d.]+k?\/s/.test(terminal.text), 'the first rates');
  return terminal;
}

/** The shell has its screen back, and the status of the program. */
async function expectEnd(terminal: TestTerminal, status: number): Promise<void> {
  await terminal.untilTrue(() => !terminal.isAlternate, 'the screen of the shell');
  terminal.run('echo "ended with $?"');
  await terminal.until(new RegExp(`^ended with ${status}$`, 'm'));
  assert.equal(terminal.isCursorHidden, false);
}

describe('mailstation top in a terminal', { skip: withoutTerminal }, () => {
  it('shows servers with their rates, one that joins, and one that leaves with the reason', async (t) => {
    const port = await unusedPort(t);
    const first = await busy(t, 'chat-1');
    const terminal = await topIn(t, [String(first.port), String(port)]);
    await terminal.until(/^chat-1 +\d+ +[89]\d(?:\.\d)?% .* serving$/m);
    await terminal.until(/^mailstation top {2}2 servers, 1 away/m);
    await terminal.until(new RegExp(`^${port} +unreachable: .*ECONNREFUSED`, 'm'));

    const second = await busy(t, 'chat-2', port);
    await terminal.until(/^chat-2 +\d+ +[89]\d(?:\.\d)?% /m);
    await terminal.until(/^mailstation top {2}2 servers {2}/m);

    await second.server.stop(true);
    await terminal.until(/^chat-2 +unreachable: /m);
    await terminal.until(/^chat-1 +\d+/m);
    terminal.type('q');
    await expectEnd(terminal, 0);
  });

  it('follows the keys: methods, a filter, a pause, help', async (t) => {
    const { server, port } = await busy(t, 'chat-1');
    const terminal = await topIn(t, [String(port)]);
    terminal.type('\t');
    await terminal.until(/^user\.service\.echo +\d+ +100% /m);
    await terminal.until(/^user\.service\.fail +[\d.]+ +0% .* ERR_RPC_REMOTE$/m);
    terminal.type('/fail');
    await terminal.until(/^filter: fail/m);
    assert.doesNotMatch(terminal.text, /^user\.service\.echo/m);
    terminal.type('\r');
    terminal.type('\x1b');
    await terminal.until(/^user\.service\.echo/m);
    terminal.type('p');
    await terminal.until(/PAUSED/);
    const held = terminal.text;
    const length = terminal.raw.length;
    const asked = (): number => server.stats({ prefix: '$mailstation.stats.' }).methods[0]?.outcomes.ok ?? 0;
    const before = asked();
    await terminal.untilTrue(() => asked() >= before + 3, 'three more samples');
    assert.equal(terminal.text, held);
    assert.equal(terminal.raw.length, length);
    terminal.type('p');
    await terminal.untilTrue(() => !terminal.text.includes('PAUSED') && terminal.text !== held, 'the next picture');
    terminal.type('?');
    await terminal.until(/^ {2}p99 +99 % of the answers/m);
    terminal.type('q');
    await expectEnd(terminal, 0);
  });

  it('is readable in 40 columns, after a change of the size too', async (t) => {
    const { port } = await busy(t, 'chat-1');
    const terminal = await topIn(t, [String(port)], { columns: 40, rows: 12 });
    await terminal.until(/^server +calls\/s↓ +ok +p99$/m);
    await terminal.until(/^chat-1 +\d+ +[89]\d(?:\.\d)?% +[\d.]+ms$/m);
    terminal.resize(100, 20);
    await terminal.until(/^server +calls\/s↓ +ok +p50 .* loop/m);
  });

  it('paints nothing under NO_COLOR, and something without', async (t) => {
    const { port } = await busy(t, 'chat-1');
    const style = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`);
    const begin = '\x1b[?1049h';
    const plain = await topIn(t, [String(port)], { env: { NO_COLOR: '1' } });
    plain.type('q');
    await expectEnd(plain, 0);
    // The shell before and after may paint.
    const [, picture = ''] = plain.raw.split(begin);
    assert.doesNotMatch(picture.split('\x1b[?1049l')[0] ?? '', style);
    const painted = await topIn(t, [String(port)]);
    await painted.untilTrue(() => style.test(painted.raw.split(begin)[1] ?? ''), 'a style');
  });

  it('leaves the terminal as it was when a signal ends it', async (t) => {
    const { port } = await busy(t, 'chat-1');
    const terminal = await topIn(t, [String(port)]);
    terminal.type('\x1a');
    await terminal.untilTrue(() => !terminal.isAlternate, 'the screen of the shell');
    terminal.run('kill %1; fg');
    await terminal.until(/^Terminated$/m);
    await expectEnd(terminal, 143);
  });

  it('prints one table and ends on a terminal that is none for pictures', async (t) => {
    const { port } = await busy(t, 'chat-1');
    const terminal = await TestTerminal.open(t, { columns: 100, env: { TERM: 'dumb' } });
    terminal.run(commandLine(['top', String(port), '--interval', '300ms']).join(' '));
    await terminal.until(/^chat-1 +\d+/m);
    await expectEnd(terminal, 0);
    assert.ok(!terminal.raw.includes('\x1b[?1049h'));
  });
});

describe('mailstation top in a pipe', () => {
  it('prints one table of one interval', async (t) => {
    const { port } = await busy(t, 'chat-1');
    const { code, stdout, stderr } = await command(t, ['top', String(port), '-i', '300ms', '--methods']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^method +calls\/s↓ .*\nuser\.service\.echo +\d+ +100% /m);
    assert.ok(!stdout.includes('\x1b'));
  });

  it('prints a sample in each line with --json, until the reader is gone', async (t) => {
    const { port } = await busy(t, 'chat-1');
    const child = start(t, ['top', String(port), '--json', '-i', '100ms']);
    let [text, stderr] = ['', ''];
    child.stderr?.on('data', (data) => {
      stderr += data;
    });
    child.stdout.on('data', (data) => {
      text += data;
      if (text.split('\n').length > 3) (child.stdout as unknown as { destroy(): void }).destroy();
    });
    const [code] = await untilEvent(child, 'close', { what: 'the end of the command', timeoutMs: 60_000 });
    assert.deepEqual([code, stderr], [0, '']);
    const [first, second] = text
      .split('\n')
      .map((line, at) => (at < 3 ? (JSON.parse(line) as FleetSample) : undefined));
    assert.deepEqual([first?.round, first?.rates, second?.round], [1, null, 2]);
    assert.ok((second?.rates?.calls ?? 0) > 0);
    assert.equal(second?.servers[0]?.id, 'chat-1');
  });

  it('prints one sample, with rates, with --json and --once', async (t) => {
    const { port } = await busy(t, 'chat-1');
    const { code, stdout } = await command(t, ['top', String(port), '--json', '--once', '-i', '300ms']);
    const sample = JSON.parse(stdout) as FleetSample;
    assert.deepEqual([code, sample.round, sample.servers[0]?.state], [0, 2, 'answered']);
    assert.ok((sample.methods.find(({ name }) => name === 'user.service.echo')?.rates?.p99 ?? 0) > 0);
  });

  it('leaves out its own questions: an idle server has no calls and no methods', async (t) => {
    const { port } = await serve(t, { f: () => 1 }, { id: 'idle-1', callStats: true });
    const { stdout } = await command(t, ['top', String(port), '--json', '--once', '-i', '50ms']);
    const { rates, methods, servers } = JSON.parse(stdout) as FleetSample;
    assert.deepEqual([rates?.calls, rates?.ended, rates?.p99, methods], [0, 0, null, []]);
    assert.deepEqual([servers[0]?.rates?.calls, servers[0]?.rates?.p99], [0, null]);
    const asked = servers[0]?.methods.find(({ name }) => name === '$mailstation.stats.read');
    assert.ok((asked?.total.outcomes.ok ?? 0) > 0, 'the server has counted the questions');
    const table = await command(t, ['top', String(port), '-i', '50ms', '--methods']);
    assert.match(table.stdout, /\nno method was called yet$/m);
  });

  it('has the reason, and its exit code, where no server answers', async (t) => {
    const port = await unusedPort(t);
    const { code, stdout } = await command(t, ['top', String(port), '-i', '50ms']);
    assert.equal(code, 3);
    assert.match(stdout, new RegExp(`^${port} +unreachable: .*ECONNREFUSED`, 'm'));
  });

  it('says which servers do not count, and which do not answer the question', async (t) => {
    const gate = makeGate();
    const mute = await serve(t, { wait: () => gate.pass() }, { id: 'mute-1', callStats: false });
    const closed = await serve(t, { f() {} }, { id: 'closed-1', inspect: false });
    const { calls } = await call(t, [mute], { timeout: 120_000 });
    const waiting = calls['wait']?.toServer('mute-1');
    const { code, stdout } = await command(t, [
      'top',
      String(mute.port),
      `closed-1@127.0.0.1:${closed.port}`,
      '-i',
      '300ms',
    ]);
    gate.open();
    await waiting;
    assert.equal(code, 0);
    assert.match(stdout, /^closed-1 +refused: the server answers no questions about itself/m);
    assert.match(stdout, /^mute-1 +- +- .* 1 +0 /m);
    assert.match(stdout, /^mute-1 counts no calls: createServer\(\{ callStats: false \}\)$/m);
  });

  it('takes a column by its head, and by its full name', async (t) => {
    const unused = String(await unusedPort(t));
    for (const column of ['mem', 'memory', 'calls/s', 'up']) {
      const { code, stdout } = await command(t, ['top', unused, '--once', '--interval', '50ms', '--sort', column]);
      assert.equal(code, 3, column); // nobody is there, and the column was taken
      assert.match(stdout, new RegExp(`${column === 'memory' ? 'mem' : column}↓`), column);
    }
  });

  it('refuses a column that is not there, with the one that was meant', async (t) => {
    const ended = await command(t, ['top', '1', '--sort', 'uptme']);
    assert.equal(ended.code, 2);
    assert.match(sentence(ended), /the servers have no column uptme: did you mean uptime\?/);
  });
});

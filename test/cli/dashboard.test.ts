import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { call, serve } from '../behaviour/support.js';
import { ask, cookieOf, stateWith } from '../dashboard/support.js';
import { until } from '../support/until.js';
import { command, commandLine, environment, sentence, start } from './support.js';

const withoutShell = process.platform === 'win32' && 'Windows gives a process no other parent';

describe('mailstation dashboard', () => {
  it('prints the address of the page, serves the servers there, and ends with a signal', async (t) => {
    const served = await serve(t, { f: () => 1 }, { callStats: true });
    const child = start(t, ['dashboard', `127.0.0.1:${served.port}`, '--interval', '200ms']);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    const url = await until(() => /http:\S+/.exec(stdout)?.[0], {
      what: `the address, in ${stdout}${stderr}`,
      timeoutMs: 60_000,
    });
    const cookie = await cookieOf(url);
    const base = url.replace(/\?.*/, '');
    const { state } = await stateWith(
      base,
      cookie,
      (snapshot) => snapshot.state.servers['test-1']?.status === 'serving',
    );
    assert.equal(state.servers['test-1']?.serverType, 'test');
    const { state: next } = await stateWith(
      base,
      cookie,
      ({ seq, state: { links } }) => seq > 3 && Object.keys(links).length > 0,
    );
    const names = Object.values(next.clients).map(({ name }) => name);
    assert.deepEqual([names, Object.values(next.links).map(({ rate }) => rate)], [['mailstation-dashboard'], [null]]);
    await until(() => /for another browser: http:\S+token=/.test(stderr), {
      what: 'the next address',
      timeoutMs: 60_000,
    });
    assert.equal(
      (await ask(`${base}call`, { method: 'POST', headers: { ...cookie, origin: base.slice(0, -1) } })).status,
      403,
    );
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, stderr);
  });

  it('prints JSON for a program, and makes calls with --allow-calls', async (t) => {
    const served = await serve(t, { add: (a: number, b: number) => a + b });
    await call(t, [served]);
    const child = start(t, ['dashboard', `127.0.0.1:${served.port}`, '--json', '--allow-calls']);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { url, port } = JSON.parse(String(line)) as { url: string; port: number };
    assert.ok(url.startsWith(`http://127.0.0.1:${port}/`));
    const headers = {
      ...(await cookieOf(url)),
      origin: `http://127.0.0.1:${port}`,
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ server: 'test-1', method: 'user.service.add', args: [1, 2] });
    const { text } = await ask(`http://127.0.0.1:${port}/call`, { method: 'POST', headers, body });
    assert.equal(JSON.parse(text).result, 3);
    child.kill('SIGTERM');
    assert.equal((await once(child, 'exit'))[0], 0);
  });

  it('ends with the shell of npm, which keeps the signals of npm for itself', { skip: withoutShell }, async (t) => {
    const served = await serve(t, { f: () => 1 });
    const line = commandLine(['dashboard', `127.0.0.1:${served.port}`, '--json']);
    const script = ['-c', '"$@"; exit $?', 'sh', ...line];
    const shell = spawn('sh', script, {
      env: environment({ npm_command: 'exec' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => shell.kill('SIGKILL'));
    const [text] = (await once(shell.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(String(text)) as { url: string };
    // The command holds the other end of the pipe: the pipe ends with the command.
    const ended = once(shell.stdout, 'close');
    shell.stdout.resume();
    shell.kill('SIGTERM');
    await ended;
    await assert.rejects(ask(url), { code: 'ECONNREFUSED' });
  });

  it('says what is wrong with the command line or the port', async (t) => {
    const wrong = await command(t, ['dashboard', '3333', '--port', '70000']);
    assert.equal(wrong.code, 2);
    assert.match(sentence(wrong), /from 0 to 65535/);
    const none = await command(t, ['dashboard']);
    assert.equal(none.code, 2);
    assert.match(sentence(none), /no server is named/);
    const served = await serve(t, { f: () => 1 });
    const held = await command(t, ['dashboard', `127.0.0.1:${served.port}`, '--port', String(served.port)]);
    assert.notEqual(held.code, 0);
    assert.match(sentence(held), /the port is in use/);
  });
});

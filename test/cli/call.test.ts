import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Server } from '../../server.js';
import { keptLog, makeGate, serve, unusedPort } from '../behaviour/support.js';
import { authority, tlsOf, withoutOpenssl } from '../support/certificates.js';
import { untilEvent } from '../support/until.js';
import { command, sentence, start } from './support.js';

const SECRET = 'a secret of more than sixteen bytes';
const gate = makeGate();
const SERVICE = {
  greet: (name: string) => `good day, ${name}`,
  echo: (...args: unknown[]) => args,
  nothing() {},
  large: () =>
    new Map<unknown, unknown>([
      [1n, new Date(0)],
      ['bytes', Buffer.from('hi')],
    ]),
  fail() {
    throw Object.assign(new Error('balance is 3'), { code: 'E_NO_MONEY' });
  },
  refuse() {
    throw Object.assign(new Error('balance \u001b[31mis 3'), { name: 'BankError', code: 'E_NO_MONEY' });
  },
  complain() {
    throw new RangeError('x'.repeat(5_000));
  },
  hang: () => gate.pass(),
  colour: () => 'red \u001b[31m',
  async *count(to: number) {
    for (let i = 0; i < to; i++) yield { i };
  },
};

describe('mailstation call', () => {
  let server: Server;
  let at = '';
  const cleanups: (() => unknown)[] = [];
  before(async () => {
    ({ server } = await serve({ after: (hook) => cleanups.push(hook as () => unknown) }, SERVICE, {
      logger: keptLog().logger,
    }));
    at = `127.0.0.1:${server.port}`;
  });
  after(async () => {
    gate.open();
    for (const cleanup of cleanups) await cleanup();
  });
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-'));
  after(() => rmSync(folder, { recursive: true }));

  it('prints the result: a text as it is, another value as JSON, nothing where there is none', async (t) => {
    const results: [args: string[], stdout: string][] = [
      [['greet', 'Ada'], 'good day, Ada\n'],
      [['greet', 'Ada', '--json'], '"good day, Ada"\n'],
      [['echo', '1'], '[\n  1\n]\n'],
      [['echo', '{"a":[true,null]}', '--json'], '[{"a":[true,null]}]\n'],
      [['nothing'], ''],
      [['nothing', '--json'], 'null\n'],
      [['large', '--json'], '[["1","1970-01-01T00:00:00.000Z"],["bytes","aGk="]]\n'],
    ];
    for (const [[method, ...args], stdout] of results) {
      const ended = await command(t, ['call', at, `user.service.${method}`, ...args]);
      assert.deepEqual(ended, { code: 0, stdout, stderr: '' });
    }
  });

  it('takes JSON for JSON, and all else for text: -5 and 007 are right', async (t) => {
    const args = ['-5', '007', '1.5', 'true', 'Ada', '"5"', '1e3', '', 'a b', '-Infinity'];
    const { code, stdout } = await command(t, ['call', at, 'user.service.echo', '--json', '--', ...args]);
    assert.deepEqual(JSON.parse(stdout), [-5, '007', 1.5, true, 'Ada', '5', 1000, '', 'a b', '-Infinity']);
    assert.equal(code, 0);
    const plain = await command(t, ['call', at, 'user.service.echo', '-5', '007', '--json']);
    assert.deepEqual(JSON.parse(plain.stdout), [-5, '007'], 'without -- in front');
  });

  it('sends an integer beyond 2^53, and text that begins like JSON, as text with a word to say so', async (t) => {
    const ended = await command(t, ['call', at, 'user.service.echo', '12345678901234567890', '{broken', '--json']);
    assert.deepEqual(JSON.parse(ended.stdout), ['12345678901234567890', '{broken']);
    const [number, broken] = ended.stderr.split('\n');
    assert.match(
      String(number),
      /^mailstation: 12345678901234567890 is sent as a text: JavaScript would round the number$/,
    );
    assert.match(String(broken), /^mailstation: "\{broken" is sent as a text, since it is no JSON: /);
  });

  it('refuses a number within JSON that would be rounded', async (t) => {
    const ended = await command(t, ['call', at, 'user.service.echo', '{"id":12345678901234567890}']);
    assert.equal(ended.code, 2);
    assert.match(sentence(ended), /the number 12345678901234567890 in .* would be rounded: put the number in quotes/);
  });

  it('reads an argument from stdin, from a file, and as text', async (t) => {
    const file = join(folder, 'room.json');
    writeFileSync(file, '{"name":"lobby"}\n');
    const call = ['call', at, 'user.service.echo', '-', `@${file}`, '--json'];
    const { stdout } = await command(t, call, { stdin: '[1, 2]\n' });
    assert.deepEqual(JSON.parse(stdout), [[1, 2], { name: 'lobby' }]);
    const asText = await command(t, [...call, '--text'], { stdin: '[1, 2]\n' });
    assert.deepEqual(JSON.parse(asText.stdout), ['[1, 2]', '{"name":"lobby"}']);
    const literal = await command(t, ['call', at, 'user.service.echo', '"@ada"', '"-"', '--json']);
    assert.deepEqual(JSON.parse(literal.stdout), ['@ada', '-']);
  });

  it('prints a stream item by item, as lines of JSON', async (t) => {
    const ended = await command(t, ['call', at, 'user.service.count', '3', '--stream']);
    assert.deepEqual(ended, { code: 0, stdout: '{"i":0}\n{"i":1}\n{"i":2}\n', stderr: '' });
  });

  it('ends without a word when the reader of a stream is gone', async (t) => {
    const child = start(t, ['call', at, 'user.service.count', '100000000', '--stream']);
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    await once(child.stdout, 'data');
    (child.stdout as unknown as { destroy(): void }).destroy();
    const [code] = await untilEvent(child, 'close', { what: 'the end of the command', timeoutMs: 60_000 });
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('ends with 1 where the method fails or is not there, with near names', async (t) => {
    const failed = await command(t, ['call', at, 'user.service.fail']);
    assert.deepEqual([failed.code, failed.stdout], [1, '']);
    assert.equal(sentence(failed), 'user.service.fail on test-1: balance is 3 (E_NO_MONEY, ERR_RPC_REMOTE)');
    const named = await command(t, ['call', at, 'user.service.refuse']);
    assert.equal(
      sentence(named),
      'user.service.refuse on test-1: balance \\u001b[31mis 3 (BankError, E_NO_MONEY, ERR_RPC_REMOTE)',
    );
    const long = await command(t, ['call', at, 'user.service.complain']);
    assert.match(sentence(long), /^user\.service\.complain on test-1: x{900,}\.\.\. \(RangeError, ERR_RPC_REMOTE\)$/);
    const missing = await command(t, ['call', at, 'user.service.gret']);
    assert.equal(missing.code, 1);
    assert.match(sentence(missing), /no such method.*did you mean "user\.service\.greet"\? \(ERR_RPC_NO_METHOD\)$/);
    const elsewhere = await command(t, ['call', at, 'users.services.greet']);
    assert.match(sentence(elsewhere), /did you mean "user\.service\.greet"\?/);
    const streams = await command(t, ['call', at, 'user.service.count', '1']);
    assert.equal(streams.code, 1);
    assert.match(sentence(streams), /add --stream \(ERR_RPC_NEEDS_STREAM\)$/);
    const value = await command(t, ['call', at, 'user.service.greet', '--stream']);
    assert.match(sentence(value), /leave --stream out \(ERR_RPC_NO_STREAM\)$/);
  });

  it('ends with 2 where the command line is wrong', async (t) => {
    const wrong: [args: string[], message: RegExp][] = [
      [['call'], /missing required argument 'target'/],
      [['call', at], /missing required argument 'method'; `mailstation help <verb>` has the arguments/],
      [['call', at, 'greet'], /"greet" is no method: write namespace\.module\.method/],
      [['call', at, 'user.service.greet', '--jsno'], /unknown option '--jsno' \(Did you mean --json\?\)/],
      [['call', at, 'user.service.greet', '--timeout', 'soon'], /Write a time such as 500ms/],
      [['call', 'nonsense', 'user.service.greet'], /"nonsense" is no address: write host:port/],
      [['call', at, 'user.service.echo', '@/no/such/file'], /cannot be read: ENOENT/],
      [['call', at, 'user.service.echo', '-', '-'], /stdin is one argument: write - once/],
      [['call', at, 'user.service.greet', '--secret', 'short'], /must have 16 to 1024 bytes/],
      [['call', at, 'user.service.greet', '--ca', '/no/such/file'], /ENOENT/],
      [['call', '--etcd', 'http://127.0.0.1:1', 'chat', 'user.service.greet'], /--etcd needs --namespace/],
      [['cal', at], /unknown command 'cal' \(Did you mean call\?\)/],
      [['frob', at], /unknown command 'frob'; `mailstation help` lists the verbs/],
    ];
    for (const [args, message] of wrong) {
      const ended = await command(t, args);
      assert.deepEqual([ended.code, ended.stdout], [2, ''], ended.stderr);
      assert.match(sentence(ended), message);
    }
  });

  it('ends with 3 where the server cannot be reached, with the reason', async (t) => {
    const stranger = createNetServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    t.after(() => stranger.close());
    await once(stranger, 'listening');
    const other = `127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const unused = `127.0.0.1:${await unusedPort(t)}`;
    const reasons: [args: string[], message: RegExp][] = [
      [[unused], /connect ECONNREFUSED/],
      [[other], /127\.0\.0\.1/],
      [[at, '--to', 'chat-7'], /no process leads the channel "chat-7" on this port/],
      [['/no/such/folder/a.sock'], /ENOENT/],
    ];
    for (const [[target = '', ...options], message] of reasons) {
      const ended = await command(t, ['call', target, 'user.service.greet', 'x', '--timeout', '2s', ...options]);
      assert.deepEqual([ended.code, ended.stdout], [3, ''], ended.stderr);
      assert.match(sentence(ended), message);
    }
  });

  it('ends with 4 where no answer comes in time', async (t) => {
    const ended = await command(t, ['call', at, 'user.service.hang', '--timeout', '1s']);
    assert.equal(ended.code, 4);
    assert.match(sentence(ended), /no answer after 1000 ms.*: give more time with --timeout \(ERR_RPC_TIMEOUT\)$/);
  });

  it('proves a secret, from a file or from the environment', async (t) => {
    const secret = await serve(t, SERVICE, { secret: SECRET });
    const call = ['call', `127.0.0.1:${secret.port}`, 'user.service.greet', 'Ada'];
    const stranger = await command(t, call);
    assert.equal(stranger.code, 3);
    assert.match(
      sentence(stranger),
      /; --secret-file, --secret and --token prove who calls \(ERR_RPC_UNAUTHENTICATED\)$/,
    );
    const file = join(folder, 'secret');
    writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
    for (const [options, env] of [
      [['--secret-file', file], {}],
      [[], { MAILSTATION_SECRET: SECRET }],
      [['--secret', SECRET], {}],
    ] as const) {
      const { code, stdout, stderr } = await command(t, [...call, ...options], { env });
      assert.deepEqual([code, stdout, stderr], [0, 'good day, Ada\n', '']);
    }
  });

  it('calls over TLS, and says so where TLS is missing', { skip: withoutOpenssl }, async (t) => {
    const listen = { port: undefined, listen: 'tls://127.0.0.1:0' };
    const secured = await serve(t, SERVICE, { ...listen, tls: tlsOf('server') });
    const address = new URL(String(secured.server.urls[0])).host;
    const { certFile, keyFile } = authority().issue({ name: 'caller' });
    const call = ['call', address, 'user.service.greet', 'Ada'];
    const proofs = ['--ca', authority().caFile, '--cert', certFile, '--key', keyFile];
    assert.deepEqual(await command(t, [...call, ...proofs]), { code: 0, stdout: 'good day, Ada\n', stderr: '' });
    const plain = await command(t, [...call, '--timeout', '2s']);
    assert.equal(plain.code, 3);
    const uncertain = await command(t, ['call', `tls://${address}`, 'user.service.greet', '--timeout', '2s']);
    assert.equal(uncertain.code, 3);
    assert.match(sentence(uncertain), /; --ca, --cert and --key give certificates \(ERR_RPC_CERTIFICATE\)$/);
  });
});

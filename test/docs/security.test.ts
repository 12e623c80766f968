import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import {
  type Client,
  type ClientOptions,
  createClient,
  createServer,
  type Server,
  type ServerOptions,
} from '../../index.js';
import { readText } from '../architecture/house.js';
import { type Calls, call, failure, keptLog, serve } from '../behaviour/support.js';
import { withoutOpenssl } from '../support/certificates.js';
import { until, untilEvent } from '../support/until.js';
import { checkChecklist } from './checklist.js';

const PAGE = readText('docs/security.md');

/** Commands of the page, with the text behind `sh` in the first line. */
const COMMANDS = [...PAGE.matchAll(/^```sh *(.*)\n([\s\S]*?)^```/gm)].map(([, title = '', code = '']) => ({
  title,
  code,
}));

/** The commands of the page in a folder of their own. What begins a command may be run again later. */
function shellOf(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-security-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const run = (code: string): void => {
    execFileSync('sh', ['-ec', code], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  return { run, at: (file: string): string => join(folder, file) };
}

function command(title: string): string {
  return COMMANDS.find((given) => given.title === title)?.code ?? assert.fail(`the page has no command: ${title}`);
}

const [MAKE_CERTIFICATES = '', MAKE_SECRETS = ''] = COMMANDS.filter(({ title }) => title === '').map(
  ({ code }) => code,
);
/** The function of the shell that makes a certificate. */
const ISSUE = /^issue\(\) \{[\s\S]*?^\}/m.exec(MAKE_CERTIFICATES)?.[0] ?? '';

const service = { echo: async (value: unknown) => value };

/** Calls without a pause until it is stopped. */
function load(calls: Calls) {
  let answered = 0;
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      assert.equal(await calls['echo'](null, answered), answered);
      answered += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return {
    goesOn: (before = answered) => until(() => answered > before + 20, { what: 'more answers' }),
    stop: () => {
      isOver = true;
      return loop;
    },
  };
}

async function serialOf(
  port: number,
  tls: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer },
): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', ...tls });
  await untilEvent(socket, 'secureConnect', { what: 'TLS' });
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe('the commands of docs/security.md', () => {
  it('each run once', () => {
    assert.deepEqual(
      COMMANDS.map(({ title }) => title.replace(/:.*/, '')),
      ['', 'rotate the certificate', '', 'rotate the secret', 'rotate the secret', 'rotate the secret'],
    );
  });

  it('renews the certificate of a server under load', { skip: withoutOpenssl }, async (t) => {
    const { run, at } = shellOf(t);
    run(MAKE_CERTIFICATES);
    const tlsOf = (name: string) => ({ certFile: at(`${name}.crt`), keyFile: at(`${name}.key`), caFile: at('ca.crt') });
    const served = await serve(t, service, { port: undefined, listen: 'tls://127.0.0.1:0', tls: tlsOf('server') });
    const { client, calls, log } = await call(t, [], { tls: tlsOf('gateway') });
    client.addServer({ id: 'test-1', serverType: 'test', url: served.server.urls[0] as string });
    const loaded = load(calls);
    await loaded.goesOn();
    const own = {
      cert: readFileSync(at('gateway.crt')),
      key: readFileSync(at('gateway.key')),
      ca: readFileSync(at('ca.crt')),
    };
    const before = await serialOf(served.port, own);
    run(`umask 077\n${ISSUE}\n${command('rotate the certificate')}`);
    await until(async () => (await serialOf(served.port, own)) !== before, { what: 'the new certificate' });
    await loaded.goesOn();
    await loaded.stop();
    assert.deepEqual(log, []);
    const stranger = await call(t, [], { tls: { caFile: at('ca.crt') }, timeout: 500 });
    stranger.client.addServer({ id: 'test-1', serverType: 'test', url: served.server.urls[0] as string });
    // A busy machine may not get as far as the server's refusal within the deadline of a call.
    const isRefused = async () => /certificate/.test((await failure(stranger.calls['echo'](null, 1))).message);
    await until(isRefused, { what: 'the refusal of a client without a certificate', timeoutMs: 60_000 });
  });

  it('change the secret without a failed call', { skip: withoutOpenssl }, async (t) => {
    const { run, at } = shellOf(t);
    run(MAKE_SECRETS);
    const [servers, clients] = [{ file: at('rpc.secret') }, { file: at('rpc.secret.clients') }];
    const served = await serve(t, service, { secret: servers });
    const { calls, log } = await call(t, [served], { secret: clients });
    const loaded = load(calls);
    await loaded.goesOn();
    const [first, ...others] = [
      '1. the servers accept the old one and the new one',
      '2. the clients prove the new one',
      '3. the servers accept only the new one',
    ];
    run(`cp -p rpc.secret rpc.secret.old\n${command(`rotate the secret: ${first}`)}`);
    for (const step of [undefined, ...others]) {
      if (step !== undefined) run(command(`rotate the secret: ${step}`));
      const newcomer = await call(t, [served], { secret: clients }); // each registration reads the files again
      assert.equal(await newcomer.calls['echo'](null, 1), 1);
      await loaded.goesOn();
    }
    await loaded.stop();
    assert.deepEqual(
      [...served.log, ...log].filter((line) => /refused|failed|lost/.test(line)),
      [],
    );
    const isRefused = async (): Promise<boolean> => {
      const late = await call(t, [served], { secret: { file: at('rpc.secret.old') }, timeout: 500 });
      const answer = late.calls['echo'](null, 1) as Promise<unknown>;
      return answer.then(
        () => false,
        (error: Error) => error.message.includes('none of the secrets'),
      );
    };
    await until(isRefused, { what: 'the old secret to be refused' }); // the server looks at the file once a second
  });
});

describe('the programs of docs/security.md', () => {
  const programs = [...PAGE.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);

  it('call with the files that the commands make', { skip: withoutOpenssl }, async (t) => {
    const { run, at } = shellOf(t);
    run(MAKE_CERTIFICATES + MAKE_SECRETS);
    const before = process.cwd();
    t.after(() => process.chdir(before));
    process.chdir(at('.'));
    assert.equal(programs.length, 2);
    for (const code of programs) {
      const { logger, lines } = keptLog();
      const made = new Function('createServer', 'createClient', 'services', `${code}; return { server, client }`)(
        (options: ServerOptions) =>
          createServer({
            ...options,
            logger,
            serverType: 'test',
            ...(options.listen !== undefined && { listen: 'tls://127.0.0.1:0' }),
          }),
        (options: ClientOptions) => createClient({ ...options, logger }),
        { user: { service } },
      ) as { server: Server; client: Client };
      t.after(() => Promise.all([made.server.stop(true), made.client.stop(true)]));
      await made.server.start();
      made.client.addProxy({ namespace: 'user', serverType: 'test' });
      made.client.addServer({ id: made.server.id ?? '', serverType: 'test', url: made.server.urls[0] as string });
      await made.client.start();
      assert.equal(
        await (made.client.proxies as { user: { test: { service: Calls } } }).user.test.service['echo'](null, 1),
        1,
      );
      assert.equal(lines.filter((line) => /refused|insecure/.test(line)).length, 0);
    }
  });
});

describe('the checklist of docs/security.md', () => {
  checkChecklist({ page: 'docs/security.md', from: '## Checklist', to: '## Limits', head: 'point', rows: 20 });
});

import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type * as mailstation from '../../index.js';
import { callContext, createServer, type Server, type ServerOptions } from '../../index.js';
import { authority, withoutOpenssl } from '../support/certificates.js';
import { until } from '../support/until.js';
import { type Browser, launchChromium, type Page, whyNoBrowser } from './chromium.js';
import { openSite, type Site, type SiteOptions } from './site.js';

/** The names that a page of these tests has. */
interface PageGlobals {
  mailstation: typeof mailstation;
  client: mailstation.Client;
  events: string[];
  /** Cancels the call of the test. */
  abort: () => void;
}
declare const window: PageGlobals;

const waiting: string[] = [];
const cancelled: string[] = [];

const bank = {
  pay: async (account: string, amount: number) => ({ account, amount, at: new Date(0), by: callContext()?.caller?.id }),
  refuse: async () => {
    throw Object.assign(new RangeError('balance is 3'), { code: 'POOR', balance: 3 });
  },
  echo: async (value: unknown) => value,
  wait: () =>
    new Promise<never>(() => {
      const context = callContext();
      waiting.push(context?.method ?? '');
      context?.signal.addEventListener('abort', () => cancelled.push(context.method));
    }),
  identity: async () => callContext()?.caller?.identity?.proven.token,
  secrets: async () => 'not for pages',
};
const EXPOSED = ['pay', 'refuse', 'echo', 'wait', 'identity'].map((method) => `game.bank.${method}`);

async function serve(t: TestContext, site: Site, name: string, options: ServerOptions = {}): Promise<Server> {
  const server = createServer({
    listen: 'ws://127.0.0.1:0',
    allowedOrigins: [site.origin],
    expose: EXPOSED,
    services: { game: { bank: { ...bank, name: async () => name } } },
    logger: { info() {}, warn() {}, error() {} },
    ...options,
  });
  await server.start();
  t.after(() => server.stop(true));
  return server;
}

const urlOf = (server: Server): string => server.urls[0] ?? '';

/** Starts a client in the page, with these gateways. Its attempts to connect have the time that a busy machine needs. */
function startClient(page: Page, urls: readonly string[], options: object = {}): Promise<void> {
  return page.evaluate(
    async ([given, more]: readonly [readonly string[], object]) => {
      window.events = [];
      window.client = window.mailstation.createClient(more);
      window.client.on('mailbox', (id, to) => window.events.push(`${id} ${to}`));
      window.client.addServers(given.map((url, i) => ({ id: `gate-${i + 1}`, serverType: 'gate', url })));
      await window.client.start();
    },
    [urls, { connectTimeout: 30_000, ...options }] as const,
  );
}

/** Calls a method from the page: its result, or the error as data. */
function call(page: Page, method: string, args: readonly unknown[] = [], options: object = {}): Promise<unknown> {
  return page.evaluate(
    async ([name, given, more]: readonly [string, readonly unknown[], object]) => {
      try {
        const { game } = window.client.proxies as Record<string, unknown>;
        const proxy = (game as never)['gate']['bank'][name] as mailstation.UntypedMethod;
        return await proxy.with(more)(null, ...given);
      } catch (error) {
        const { code, message, delivery, cause } = error as mailstation.RpcError;
        const { name: cause_, balance } = (cause ?? {}) as { name?: string; balance?: number };
        return {
          code,
          message,
          delivery,
          cause: cause_,
          balance,
          isOurs: error instanceof window.mailstation.RpcError,
        };
      }
    },
    [method, args, options] as const,
  );
}

const failure = async (...given: Parameters<typeof call>) => (await call(...given)) as Record<string, unknown>;

/** Waits until the client of the page waits before it dials a server again. */
const redials = (page: Page, server = 'gate-1') =>
  page.waitForFunction((event) => window.events.includes(event), `${server} backoff`);

/** Calls a method on a server that does not let the page in, when the first attempt to connect has failed. */
async function refusal(page: Page, method: string): Promise<Record<string, unknown>> {
  const first = failure(page, method, [1], { timeout: 60_000 });
  first.catch(() => {}); // the page may close first
  await redials(page);
  return failure(page, method, [1], { timeout: 100 });
}

const skip = whyNoBrowser();

describe('a web page in Chromium', { skip }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser?.close());

  async function open(t: TestContext, options?: SiteOptions): Promise<{ page: Page; site: Site }> {
    const site = await openSite(t, options);
    const page = await browser.newPage();
    t.after(() => page.close());
    await page.goto(site.origin);
    await page.waitForFunction(() => window.mailstation !== undefined);
    return { page, site };
  }

  it('calls a method, and gets values with their types', async (t) => {
    const { page, site } = await open(t);
    const server = await serve(t, site, 'first');
    await startClient(page, [urlOf(server)], { clientId: 'page-7' });
    const paid = await call(page, 'pay', ['ann', 3]);
    assert.deepEqual(paid, { account: 'ann', amount: 3, at: new Date(0), by: 'page-7' });
    const types = await page.evaluate(async () => {
      const { echo } = (window.client.proxies as never)['game']['gate']['bank'] as Record<
        'echo',
        mailstation.UntypedMethod
      >;
      const sent = new Map<string, unknown>([
        ['text', 'é😀'.repeat(100)],
        ['bytes', new Uint8Array([1, 2, 255])],
        ['big', -(7n ** 40n)],
        ['numbers', new Float64Array([0.5, -1])],
        ['set', new Set([undefined, null])],
        ['error', new TypeError('inside')],
      ]);
      const got = (await echo(null, sent)) as typeof sent;
      return [
        got.get('text') === sent.get('text'),
        got.get('bytes') instanceof Uint8Array && String(got.get('bytes')),
        String(got.get('big')),
        String(got.get('numbers')),
        [...(got.get('set') as Set<unknown>)],
        String(got.get('error')),
      ];
    });
    assert.deepEqual(types, [
      ...[true, '1,2,255', String(-(7n ** 40n)), '0.5,-1'],
      ...[[undefined, null], 'TypeError: inside'],
    ]);
  });

  it('sends and gets megabytes', async (t) => {
    const { page, site } = await open(t);
    await startClient(page, [urlOf(await serve(t, site, 'first'))]);
    const sum = await page.evaluate(async () => {
      const { echo } = (window.client.proxies as never)['game']['gate']['bank'] as Record<
        'echo',
        mailstation.UntypedMethod
      >;
      const bytes = (await echo(null, new Uint8Array(3_000_000).fill(7))) as Uint8Array;
      return bytes.reduce((all, byte) => all + byte, 0);
    });
    assert.equal(sum, 21_000_000);
  });

  it('gets the error of a method, with its fields, and errors of its own calls', async (t) => {
    const { page, site } = await open(t);
    await startClient(page, [urlOf(await serve(t, site, 'first'))]);
    const refused = await failure(page, 'refuse');
    assert.deepEqual(
      { ...refused, message: undefined },
      {
        code: 'ERR_RPC_REMOTE',
        delivery: 'answered',
        cause: 'RangeError',
        balance: 3,
        isOurs: true,
        message: undefined,
      },
    );
    assert.match(String(refused['message']), /^game\.bank\.refuse on gate-1: balance is 3$/);
    const late = await failure(page, 'wait', [], { timeout: 100 });
    assert.deepEqual([late['code'], late['delivery']], ['ERR_RPC_TIMEOUT', 'unknown']);
    const unsendable = await page.evaluate(async () => {
      const { echo } = (window.client.proxies as never)['game']['gate']['bank'] as Record<
        'echo',
        mailstation.UntypedMethod
      >;
      return await echo(null, { a: [() => {}] }).catch((error: Error) => error.message);
    });
    assert.match(unsendable, /args\[0\]\.a\[0\] is a function, which the msgpack codec cannot carry/);
  });

  it('cancels a call, and the method is notified', async (t) => {
    const { page, site } = await open(t);
    await startClient(page, [urlOf(await serve(t, site, 'first'))]);
    waiting.length = 0;
    cancelled.length = 0;
    const outcome = page.evaluate(async () => {
      const { wait } = (window.client.proxies as never)['game']['gate']['bank'] as Record<
        'wait',
        mailstation.UntypedMethod
      >;
      const abort = new AbortController();
      window.abort = () => abort.abort();
      return await wait
        .with({ signal: abort.signal })(null)
        .catch((error: mailstation.RpcError) => error.code);
    });
    await until(() => waiting.length === 1, { what: 'the method to run' });
    await page.evaluate(() => window.abort());
    assert.equal(await outcome, 'ERR_RPC_CANCELLED');
    await until(() => cancelled.length === 1, { what: 'the method to be notified' });
  });

  it('survives a restart of its server: a call waits for the next one', async (t) => {
    const { page, site } = await open(t);
    const first = await serve(t, site, 'first', { services: { game: { bank: { echo: async () => 'first' } } } });
    const url = urlOf(first);
    await startClient(page, [url]);
    assert.equal(await call(page, 'echo'), 'first');
    await first.stop();
    const waiting = call(page, 'echo');
    await serve(t, site, 'second', { listen: url, services: { game: { bank: { echo: async () => 'second' } } } });
    assert.equal(await waiting, 'second');
    const events = await page.evaluate(() => window.events);
    assert.deepEqual([events[0], events.at(-1)], ['gate-1 connecting', 'gate-1 ready']);
    assert.ok(events.includes('gate-1 backoff'));
  });

  it('goes to another gateway when one is gone', async (t) => {
    const { page, site } = await open(t);
    const named = (name: string) => ({ services: { game: { bank: { echo: async () => name } } } });
    const first = await serve(t, site, 'first', named('first'));
    const second = await serve(t, site, 'second', named('second'));
    await startClient(page, [urlOf(first), urlOf(second)], { failMode: 'failover', router: 'rr' });
    const both = [await call(page, 'echo'), await call(page, 'echo')];
    assert.deepEqual(both.sort(), ['first', 'second']);
    await first.stop(true);
    await redials(page);
    for (let i = 0; i < 4; i++) assert.equal(await call(page, 'echo'), 'second');
  });

  it('may call nothing but what the server exposes', async (t) => {
    const { page, site } = await open(t);
    await startClient(page, [urlOf(await serve(t, site, 'first'))]);
    const refused = await failure(page, 'secrets');
    assert.deepEqual([refused['code'], refused['delivery']], ['ERR_RPC_FORBIDDEN', 'not-sent']);
    const missing = await failure(page, 'nothing');
    assert.equal(missing['code'], 'ERR_RPC_FORBIDDEN');
  });

  it('proves who it is by a token', async (t) => {
    const { page, site } = await open(t);
    const authenticate = (token: unknown) => (token === 'of ann' ? { user: 'ann' } : undefined);
    const url = urlOf(await serve(t, site, 'first', { authenticate }));
    await startClient(page, [url], { auth: 'of ann' });
    assert.deepEqual(await call(page, 'identity'), { user: 'ann' });
    await startClient(page, [url], { auth: 'of eve' });
    const refused = await refusal(page, 'identity');
    assert.equal(refused['code'], 'ERR_RPC_CONNECT');
    assert.match(String(refused['message']), /did not accept the registration/);
  });

  it('calls over TLS, and is told where it may not trust the certificate', { skip: withoutOpenssl }, async (t) => {
    const { cert, key } = authority().issue({ name: 'localhost' });
    const { page, site } = await open(t);
    const server = await serve(t, site, 'first', { listen: 'wss://127.0.0.1:0/rpc', tls: { cert, key } });
    await startClient(page, [urlOf(server)]);
    const untrusted = await refusal(page, 'echo');
    assert.equal(untrusted['code'], 'ERR_RPC_CONNECT');
    assert.match(String(untrusted['message']), /wss:.* did not open a WebSocket/);
    const trusting = await launchChromium(['--ignore-certificate-errors']);
    t.after(() => trusting.close());
    const other = await trusting.newPage();
    await other.goto(site.origin);
    await other.waitForFunction(() => window.mailstation !== undefined);
    await startClient(other, [urlOf(server)]);
    assert.equal(await call(other, 'echo', ['over TLS']), 'over TLS');
  });

  it('is refused where the server does not allow its origin, and says what may be wrong', async (t) => {
    const { site } = await open(t);
    const server = await serve(t, site, 'first');
    const { page: stranger, site: elsewhere } = await open(t);
    await startClient(stranger, [urlOf(server)]);
    const refused = await refusal(stranger, 'echo');
    assert.equal(refused['code'], 'ERR_RPC_CONNECT');
    assert.match(
      String(refused['message']),
      /browsers do not say why: the server may be down, or its allowedOrigins may lack/,
    );
    assert.ok(String(refused['message']).includes(elsewhere.origin));
  });

  it('is told when the policy of the page forbids the connection', async (t) => {
    const policy = "default-src 'self' 'unsafe-inline' data:";
    const { page, site } = await open(t, { headers: { 'content-security-policy': policy } });
    await startClient(page, [urlOf(await serve(t, site, 'first'))]);
    const refused = await refusal(page, 'echo');
    assert.match(String(refused['message']), /Content-Security-Policy of this page forbids ws:.*connect-src/);
  });
});

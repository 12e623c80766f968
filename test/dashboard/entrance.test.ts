import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { createDashboard } from '../../dashboard/dashboard.js';
import { call, keptLog, serve } from '../behaviour/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { ask, cookieOf, dashboardOf, type Got } from './support.js';

const problemOf = ({ status, text }: { status: number; text: string }) => {
  const { format, problem, message } = JSON.parse(text) as { format: number; problem: string; message: string };
  assert.equal(format, 1);
  assert.ok(message.length > 20, message);
  return [status, problem];
};

describe('the dashboard lets in', () => {
  it('the browser that opens its address, once, and gives it a cookie that no script and no other site can use', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 1 });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const { url } = dashboard;
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
    const { status, headers } = await ask(url);
    assert.deepEqual([status, headers.location, headers['set-cookie']?.length], [303, '/', 1]);
    const [cookie = ''] = headers['set-cookie'] ?? [];
    assert.match(cookie, /^mailstation-[0-9a-f]{12}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const known = { cookie: cookie.split(';')[0] ?? '' };
    assert.equal((await ask(`${base}history`, { headers: known })).status, 200);
    // The token is spent, also for the browser that has it in its history; the cookie still counts there.
    assert.deepEqual(problemOf(await ask(url)), [403, 'wrong-token']);
    const again = await ask(url, { headers: known });
    assert.deepEqual([again.status, again.headers.location, again.headers['set-cookie']], [303, '/', undefined]);
    assert.notEqual(dashboard.url, url);
    assert.equal((await ask(dashboard.url)).status, 303);
  });

  it('nobody without a token or a cookie, by a page for people and by JSON for programs', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    for (const path of ['', 'events', 'history', 'methods?server=test-1', 'recording', 'call', 'nothing'])
      assert.deepEqual(problemOf(await ask(base + path)), [401, 'no-token']);
    const wrong = { cookie: 'mailstation-000000000000=x' };
    assert.deepEqual(problemOf(await ask(base, { headers: wrong })), [401, 'no-token']);
    assert.deepEqual(problemOf(await ask(`${base}?token=guess`)), [403, 'wrong-token']);
    assert.deepEqual(problemOf(await ask(`${base}events?token=guess`)), [403, 'wrong-token']);
    const page = await ask(base, { headers: { accept: 'text/html,*/*' } });
    assert.deepEqual([page.status, page.headers['content-type']], [401, 'text/html; charset=utf-8']);
    assert.match(page.text, /<h1>.*needs the address with the token/s);
    assert.doesNotMatch(page.text, /<script|<style/);
  });

  it('a fixed token as often as it is shown', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const token = 'a-token-of-the-program';
    const { dashboard } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`], token });
    for (let i = 0; i < 2; i++) assert.equal((await ask(dashboard.url)).status, 303);
  });

  it('requests to its own name alone, so that a name of another site that leads to this machine gets nothing', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const known = await cookieOf(dashboard.url);
    const status = async (host: string) => (await ask(`${base}history`, { headers: { ...known, host } })).status;
    const { port } = dashboard;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, '192.168.0.7', 'LOCALHOST'])
      assert.equal(await status(host), 200, host);
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'a/b',
      'a@127.0.0.1',
    ])
      assert.equal(await status(host), 421, host);
    assert.deepEqual(problemOf(await ask(`${base}history`, { headers: { ...known, host: 'evil.example' } })), [
      421,
      'wrong-host',
    ]);
    // The token itself is not exchanged under another name.
    assert.equal((await ask(dashboard.url, { headers: { host: 'evil.example' } })).status, 421);
    const named = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`], allowedHosts: ['ops.example'] });
    assert.equal((await ask(named.dashboard.url, { headers: { host: 'ops.example' } })).status, 303);
  });

  it('no request of a page of another origin', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`], allowCalls: true });
    const known = await cookieOf(dashboard.url);
    const origin = base.slice(0, -1);
    const get = (headers: Record<string, string>) => ask(`${base}history`, { headers: { ...known, ...headers } });
    assert.equal((await get({ origin })).status, 200);
    for (const other of ['http://evil.example', 'null', `${origin}1`, 'http://localhost:1', 'file://'])
      assert.deepEqual(problemOf(await get({ origin: other })), [403, 'other-origin'], other);
    assert.deepEqual(problemOf(await get({ 'sec-fetch-site': 'same-site' })), [403, 'other-origin']);
    assert.deepEqual(problemOf(await get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })), [
      403,
      'other-origin',
    ]);
    assert.equal((await get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status, 200);
    assert.equal((await get({ 'sec-fetch-site': 'same-origin' })).status, 200);
    const headers = { ...known, 'content-type': 'application/json' };
    const body = JSON.stringify({ server: 'test-1', method: 'user.service.f', args: [] });
    assert.deepEqual(problemOf(await ask(`${base}call`, { method: 'POST', headers, body })), [403, 'other-origin']);
  });

  it('each browser at its own dashboard, where two are open', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const [one, two] = [
      await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] }),
      await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] }),
    ];
    const [first, second] = [await cookieOf(one.dashboard.url), await cookieOf(two.dashboard.url)];
    assert.equal((await ask(`${one.base}history`, { headers: second })).status, 401);
    // Cookies know no ports: a browser sends both.
    const both = { cookie: `${first['cookie']}; ${second['cookie']}` };
    for (const { base } of [one, two]) assert.equal((await ask(`${base}history`, { headers: both })).status, 200);
  });
});

describe('every answer of the dashboard', () => {
  it('has headers that let a browser store, guess, frame and load nothing', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const known = await cookieOf(dashboard.url);
    const answers = [
      await ask(base),
      await ask(`${base}history`, { headers: known }),
      await ask(`${base}x`, { headers: known }),
    ];
    for (const { headers } of answers) {
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(
        headers['content-security-policy'],
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
    }
  });

  it('is the page with the hashes of its script and its style in the policy', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const page = await ask(base, { headers: await cookieOf(dashboard.url) });
    assert.equal(page.status, 200);
    const policy = page.headers['content-security-policy'] as string;
    assert.match(policy, /default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  });

  it('says what is there for a path or a method that is not', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const known = await cookieOf(dashboard.url);
    const headers = { ...known, origin: base.slice(0, -1) };
    assert.deepEqual(problemOf(await ask(`${base}nothing`, { headers })), [404, 'not-found']);
    const posted = await ask(`${base}history`, { method: 'POST', headers });
    assert.deepEqual([...problemOf(posted), posted.headers.allow], [405, 'not-allowed', 'GET']);
    assert.deepEqual(problemOf(await ask(`${base}call`, { method: 'POST', headers })), [403, 'not-allowed']);
    assert.deepEqual(problemOf(await ask(`${base}methods?server=nobody`, { headers })), [404, 'not-found']);
  });
});

describe('the methods of a server', () => {
  it('reach the page in the form that it knows, or not at all', async (t) => {
    const { client } = await call(t, [await serve(t, { f: () => 1 })]);
    const { dashboard, base } = await dashboardOf(t, { clients: [client] });
    const headers = await cookieOf(dashboard.url);
    const whole = await ask(`${base}methods?server=test-1`, { headers });
    assert.deepEqual([whole.status, JSON.parse(whole.text).methods[0].name], [200, 'user.service.f']);
    const answer = client.rpcInvoke.bind(client);
    for (const wrong of [{ format: 1, methods: 7 }, '<script>', 1n]) {
      client.rpcInvoke = ((id: string, message: { service: string }) =>
        message.service === 'reflection' ? Promise.resolve(wrong) : answer(id, message as never)) as never;
      assert.deepEqual(problemOf(await ask(`${base}methods?server=test-1`, { headers })), [502, 'unreachable']);
    }
  });
});

describe('calls from the page', () => {
  it('are made with the option, logged, and answered with the result or the explained error', async (t) => {
    const service = {
      add: (a: number, b: number) => a + b,
      odd: () => [1n, new Date(0), new Map([['a', Buffer.from('x')]]), undefined, Number.NaN],
      fails: () => Promise.reject(new Error('no')),
    };
    const served = await serve(t, service);
    const { dashboard, base, lines } = await dashboardOf(t, {
      servers: [`127.0.0.1:${served.port}`],
      allowCalls: true,
    });
    const known = await cookieOf(dashboard.url);
    const headers = { ...known, origin: base.slice(0, -1), 'content-type': 'application/json; charset=utf-8' };
    const post = (body: unknown) =>
      ask(`${base}call`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
    const answer = async (body: unknown) => JSON.parse((await post(body)).text);
    const added = await answer({ server: 'test-1', method: 'user.service.add', args: [1, 2] });
    assert.deepEqual([added.ok, added.result, typeof added.ms], [true, 3, 'number']);
    const routed = await answer({ serverType: 'test', method: 'user.service.add', args: [2, 2], route: null });
    assert.equal(routed.result, 4);
    const { result } = await answer({ server: 'test-1', method: 'user.service.odd', args: [] });
    assert.deepEqual(result, [
      { $bigint: '1' },
      { $date: '1970-01-01T00:00:00.000Z' },
      { $map: [['a', { $bytes: 'eA==' }]] },
      null,
      { $number: 'NaN' },
    ]);
    const failed = await answer({ server: 'test-1', method: 'user.service.fails', args: [] });
    assert.deepEqual([failed.ok, failed.error.code, failed.error.delivery], [false, 'ERR_RPC_REMOTE', 'answered']);
    assert.match(failed.error.message, /no$/);
    assert.match(failed.error.explained, /^The method itself failed/);
    assert.ok(
      lines.some((line) => line.includes('calls "user.service.add" on "test-1"')),
      lines.join('\n'),
    );

    assert.deepEqual(problemOf(await post('{')), [400, 'bad-request']);
    for (const bad of [
      [],
      { method: 'user.service.add', args: [] },
      { server: 'test-1', method: 'f', args: [] },
      { server: 'test-1', method: 'user.service.add' },
    ])
      assert.deepEqual(problemOf(await post(bad)), [400, 'bad-request'], JSON.stringify(bad));
    assert.deepEqual(problemOf(await post({ server: 'nobody', method: 'user.service.add', args: [] })), [
      404,
      'not-found',
    ]);
    const text = { ...headers, 'content-type': 'text/plain' };
    assert.deepEqual(problemOf(await ask(`${base}call`, { method: 'POST', headers: text, body: '{}' })), [
      415,
      'bad-request',
    ]);
    const large = JSON.stringify({ server: 'test-1', method: 'user.service.add', args: ['x'.repeat(1024 * 1024)] });
    assert.deepEqual(problemOf(await post(large)), [413, 'too-large']);
    // The answer comes also where the sender goes on for long, and reads only when everything is sent.
    const huge = JSON.stringify({ server: 'test-1', method: 'user.service.add', args: ['x'.repeat(24 * 1024 * 1024)] });
    assert.deepEqual(problemOf(await afterSending(`${base}call`, headers, huge)), [413, 'too-large']);
  });
});

/** Sends a request, and begins to read when all of it is sent. A connection that ends before is an error. */
async function afterSending(url: string, headers: Record<string, string>, body: string): Promise<Got> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = Object.entries({ ...headers, host: `${hostname}:${port}`, connection: 'close' });
  const head = [`POST ${pathname} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)];
  socket.write(`${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(body, () => resolve());
  });
  const answer = (await textOf(socket)).split('\r\n\r\n');
  return { status: Number(answer[0]?.split(' ')[1]), headers: {}, text: /\{.*\}/s.exec(answer[1] ?? '')?.[0] ?? '' };
}

describe('the handler of a dashboard', () => {
  it('serves below its base path in an HTTP server of the program, and nothing beside it', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client } = await call(t, [served]);
    const dashboard = createDashboard({
      client: client as never,
      listen: false,
      basePath: '/ops/rpc',
      logger: keptLog().logger,
    });
    const server = createServer((request, response) => {
      if (!dashboard.handler(request, response)) response.writeHead(204).end();
    });
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => dashboard.stop());
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    assert.equal((await ask(`${base}/ops/rpc/`)).status, 204); // not started
    await dashboard.start();
    assert.deepEqual([dashboard.port, (await ask(`${base}/ops`)).status], [0, 204]);
    assert.match(dashboard.url, /^\/ops\/rpc\/\?token=/);
    const known = await cookieOf(base + dashboard.url);
    assert.equal((await ask(`${base}/ops/rpc/history`, { headers: known })).status, 200);
    const bare = await ask(`${base}/ops/rpc`, { headers: known });
    assert.deepEqual([bare.status, bare.headers.location], [308, '/ops/rpc/']);
    assert.equal((await ask(`${base}/ops/rpcx`, { headers: known })).status, 204);
    let wasNext = false;
    const other = { url: '/elsewhere' } as never;
    assert.equal(
      dashboard.handler(other, undefined as never, () => {
        wasNext = true;
      }),
      false,
    );
    assert.ok(wasNext);
  });
});

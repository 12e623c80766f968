import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createServer, type ServerOptions } from '../../server.js';
import { call, failure, serve } from './support.js';
import { WebPage } from './web-pages.js';

const ORIGIN = 'https://game.example';
const SERVICE = { f: () => 'f', g: () => 'g' };
const REFUSED =
  'web pages, and callers that have proven neither a certificate nor a secret, may call only what the server names in its option expose: this method is not named there, or does not exist';

describe('a web page of an allowed origin', () => {
  const page = async (t: Parameters<typeof serve>[0], options: Partial<ServerOptions>) => {
    const served = await serve(t, SERVICE, { transport: 'ws', allowedOrigins: [ORIGIN], ...options });
    return { served, page: await WebPage.open(t, `ws://127.0.0.1:${served.port}`, ORIGIN) };
  };

  it('may call nothing by default, and cannot tell what exists', async (t) => {
    const { served, page: caller } = await page(t, {});
    for (const method of ['user.service.f', 'user.service.none', 'none', '', '__proto__'])
      assert.equal(await caller.call(method), `ERR_RPC_FORBIDDEN: ${REFUSED}`, method);
    const { calls } = await call(t, [served]);
    assert.equal(await calls.f(null), 'f', 'a caller that is no web page may');
    assert.match(served.log[1] ?? '', /refused a call of "user\.service\.f" from ws:.*names in its option expose/);
  });

  it('may call what expose names', async (t) => {
    const { page: caller } = await page(t, { expose: ['user.service.f'] });
    assert.equal(await caller.call('user.service.f'), 'ok');
    for (const method of ['user.service.g', 'user.service.fg', 'user.service', 'user.service.f.x'])
      assert.match(await caller.call(method), /^ERR_RPC_FORBIDDEN/, method);
  });

  it('learns of a method that is exposed and does not exist', async (t) => {
    const { page: caller } = await page(t, { expose: ['user.service.*'] });
    assert.equal(await caller.call('user.service.g'), 'ok');
    assert.match(await caller.call('user.service.none'), /^ERR_RPC_NO_METHOD/);
    assert.match(await caller.call('user.servicf.g'), /^ERR_RPC_FORBIDDEN/);
  });

  it('still needs authorize', async (t) => {
    const { page: caller } = await page(t, {
      expose: ['user.service.*'],
      authorize: (_, method) => method.endsWith('f'),
    });
    assert.equal(await caller.call('user.service.f'), 'ok');
    assert.match(await caller.call('user.service.g'), /^ERR_RPC_FORBIDDEN: authorize/);
  });
});

describe('expose of a server', () => {
  it('holds for every caller that has proven nothing', async (t) => {
    const served = await serve(t, SERVICE, { expose: ['user.service.f'] });
    const { calls } = await call(t, [served]);
    assert.equal(await calls.f(null), 'f');
    const error = await failure(calls.g(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_FORBIDDEN', 'not-sent']);
    assert.equal(error.message, `user.service.g on test-1: ${REFUSED}`);
    assert.equal((await failure(calls.none(null))).message, `user.service.none on test-1: ${REFUSED}`);
  });

  it('does not hold for a caller that has proven a secret', async (t) => {
    const secret = 'a secret of more than sixteen bytes';
    const served = await serve(t, SERVICE, { expose: [], secret });
    const { calls } = await call(t, [served], { secret });
    assert.equal(await calls.f(null), 'f');
    assert.equal((await failure(calls.none(null))).code, 'ERR_RPC_NO_METHOD');
  });

  it('holds for a caller that has a token alone', async (t) => {
    const served = await serve(t, SERVICE, { expose: ['user.service.f'], authenticate: (token: unknown) => token });
    const { calls } = await call(t, [served], { auth: 'ada' });
    assert.equal(await calls.f(null), 'f');
    assert.equal((await failure(calls.g(null))).code, 'ERR_RPC_FORBIDDEN');
  });

  it('may be empty: then such a caller calls nothing', async (t) => {
    const served = await serve(t, SERVICE, { expose: [] });
    const { calls } = await call(t, [served]);
    assert.equal((await failure(calls.f(null))).code, 'ERR_RPC_FORBIDDEN');
  });

  it('is a warning where it names methods that the server does not have', async (t) => {
    const expose = ['user.service.f', 'user.service.h', 'user.*', 'users.*', 'user.service.f.*'];
    const served = await serve(t, SERVICE, { expose });
    assert.equal(
      served.log[0],
      'mailstation: expose of test-1 names methods that the server does not have: "user.service.h", "users.*", "user.service.f.*"',
    );
  });

  for (const expose of [
    'user.*',
    null,
    {},
    [5],
    [''],
    ['*'],
    ['.*'],
    ['user.*.f'],
    ['user..f'],
    ['user.f*'],
    ['user.'],
  ] as unknown[]) {
    it(`refuses ${JSON.stringify(expose)}`, () => {
      assert.throws(() => createServer({ port: 0, expose } as ServerOptions), {
        code: 'ERR_RPC_INVALID_ARGUMENT',
        message:
          /^expose must (be a list of names of methods|hold names such as "user\.chat\.send" or "user\.chat\.\*"), got /,
      });
    });
  }

  for (const rule of [{ expose: [] }, { authorize: () => true }]) {
    it(`cannot be combined with acceptorFactory: ${Object.keys(rule)[0]}`, () => {
      const acceptorFactory = () => assert.fail('no acceptor is made');
      assert.throws(() => createServer({ port: 0, acceptorFactory, ...rule }), {
        code: 'ERR_RPC_INVALID_ARGUMENT',
        message: `${Object.keys(rule)[0]} cannot be combined with acceptorFactory: a custom acceptor decides by itself who may call`,
      });
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../support/until.js';
import { call, serve } from './support.js';

describe('smoke', () => {
  it('works', async (t) => {
    const probe = await serve(t, { f() {} });
    await probe.server.stop();
    const share = { port: probe.port };
    const served = await serve(t, {
      add: (a: number, b: number) => a + b,
      boom() {
        throw new TypeError('x');
      },
    });
    const one = await call(t, [served], { share });
    await until(() => one.client.sharing === 'leading', { what: 'lead' });
    const two = await call(t, [served], { share });
    assert.equal(await one.calls.add(null, 1, 2), 3);
    assert.equal(await two.calls.add(null, 3, 4), 7);
    await two.calls.boom(null).catch((e: Error) => console.log(e));
    console.log(one.moves, two.moves, two.client.sharing);
    await one.client.stop();
    assert.equal(await two.calls.add(null, 3, 4), 7);
    console.log(two.moves, two.client.sharing);
  });
});

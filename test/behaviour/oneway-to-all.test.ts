import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClient } from '../../index.js';
import { until } from '../support/until.js';
import { call, serve } from './support.js';

describe("to('*', true)", () => {
  it('calls every server of the type, and waits for no answer', async (t) => {
    const heard: string[] = [];
    const servers = [
      await serve(t, { f: (word: string) => void heard.push(`1 ${word}`) }, { id: 'test-1' }),
      await serve(t, { f: (word: string) => void heard.push(`2 ${word}`) }, { id: 'test-2' }),
    ];
    const { calls } = await call(t, servers);
    assert.equal(await calls.f.to('*', true)('hello'), undefined);
    await until(() => heard.length === 2, { what: 'both calls' });
    assert.deepEqual(heard.sort(), ['1 hello', '2 hello']);
  });

  it('says that there is no server of the type, and reports it', async (t) => {
    const warnings: string[] = [];
    const logger = { info: () => {}, warn: (line: string) => warnings.push(line), error: () => {} };
    const client = createClient({ logger });
    t.after(() => client.stop(true));
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    await client.start();
    await assert.rejects(client.proxies.user.test.module1.f.to('*', true)(), { code: 'ERR_RPC_NO_SERVER' });
    assert.match(warnings.join(), /a one-way call failed: .*no server of type 'test'/);
  });
});

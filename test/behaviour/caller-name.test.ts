import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callContext } from '../../index.js';
import { call, overTransports, serve } from './support.js';

const service = { who: () => callContext()?.caller };

describe('the name of the caller', () => {
  overTransports((transport) => {
    it('is the clientId of the client, or the serverId of its context, or the number of the connection', async (t) => {
      const served = await serve(t, service, { transport });
      const named = await call(t, [served], { clientId: 'connector-1' });
      const { id, connectionId, ip } = await named.calls.who(null);
      assert.deepEqual([id, ip], ['connector-1', '127.0.0.1']);
      assert.match(connectionId, /^\d+$/);
      const inContext = await call(t, [served], { context: { serverId: 'area-2' } });
      assert.equal((await inContext.calls.who(null)).id, 'area-2');
      const nameless = await (await call(t, [served])).calls.who(null);
      assert.equal(nameless.id, nameless.connectionId);
    });
  });

  it('is a short text without control characters, or refused with the reason', async (t) => {
    const served = await serve(t, service);
    for (const clientId of ['a\nb', '\u001b[2J', 'x'.repeat(129), ''])
      await assert.rejects(call(t, [served], { clientId }), /clientId/);
  });
});

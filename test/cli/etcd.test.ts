import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { etcd } from '../../etcd.js';
import { serve, unusedPort } from '../behaviour/support.js';
import { whyNoEtcd } from '../support/etcd/etcd-binary.js';
import { startEtcd } from '../support/etcd/etcd-cluster.js';
import { command, sentence } from './support.js';

describe('the command with servers in etcd', { skip: whyNoEtcd() }, () => {
  it('lists and calls them by id and by type', async (t) => {
    const { urls } = await startEtcd(t);
    const registry = etcd({ hosts: urls, namespace: 'tests' });
    for (const id of ['chat-1', 'chat-2']) await serve(t, { who: () => id }, { id, serverType: 'chat', registry });
    const from = ['--etcd', urls.join(','), '-n', 'tests', '--timeout', '30s'];
    const { stdout } = await command(t, ['ls', '--servers', '--json', ...from]);
    const { servers } = JSON.parse(stdout);
    assert.deepEqual(
      servers.map(({ id, serverType, state }: Record<string, string>) => `${id} ${serverType} ${state}`),
      ['chat-1 chat answered', 'chat-2 chat answered'],
    );
    const byId = await command(t, ['call', 'chat-2', 'user.service.who', ...from]);
    assert.deepEqual([byId.code, byId.stdout], [0, 'chat-2\n']);
    const env = { MAILSTATION_ETCD: urls.join(','), MAILSTATION_NAMESPACE: 'tests' };
    const byType = await command(t, ['call', 'chat', 'user.service.who', '--to', 'chat-1', '-t', '30s'], { env });
    assert.deepEqual([byType.code, byType.stdout], [0, 'chat-1\n']);
    const routed = await command(t, ['call', 'chat', 'user.service.who', '--route', '{"uid":"ada"}', ...from]);
    assert.match(routed.stdout, /^chat-[12]\n$/);
    const mistyped = await command(t, ['call', 'chta', 'user.service.who', ...from]);
    assert.equal(mistyped.code, 3);
    assert.equal(sentence(mistyped), 'no server has the id or the type "chta": did you mean "chat"?');
  });

  it('ends with 3 and the reason where etcd cannot be reached', async (t) => {
    const host = `http://127.0.0.1:${await unusedPort(t)}`;
    const ended = await command(t, ['ls', '--etcd', host, '-n', 'tests', '-t', '2s']);
    assert.equal(ended.code, 3);
    assert.match(sentence(ended), /etcd at http:\/\/127\.0\.0\.1.*\(ERR_RPC_REGISTRY\)$/);
  });
});

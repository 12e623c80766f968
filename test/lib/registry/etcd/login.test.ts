import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { RpcCode } from '../../../../lib/errors.js';
import { EtcdAdmin } from '../../../support/etcd/etcd-admin.js';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { EtcdCluster, startEtcd } from '../../../support/etcd/etcd-cluster.js';
import { until } from '../../../support/until.js';
import { engineOn, failure, listed, refusal, sleep } from './support.js';

const skip = whyNoEtcd();
/** Shortest time after which etcd has forgotten an unused token of 3 s, which etcd looks for every 1 s. Unit: ms */
const FORGOTTEN_MS = 4_500;

describe('an etcd with users', { skip }, () => {
  let cluster: EtcdCluster;
  let admin: EtcdAdmin;
  before(async () => {
    cluster = await EtcdCluster.start({ args: ['--auth-token-ttl', '3', '--bcrypt-cost', '4'] });
    admin = new EtcdAdmin(cluster.node);
    await admin.addUser('app', 'app-password', '/tests/');
    await admin.addUser('reader', 'reader-password', '/tests/', false);
    await admin.addUser('other', 'other-password', '/other/');
    await admin.enableAuth('root-password');
  });
  after(async () => {
    admin?.close();
    await cluster?.end();
  });
  const hosts = (): string[] => cluster.urls;
  const auth = { username: 'app', password: 'app-password' };

  it('lets a user with rights below the namespace do everything', async (t) => {
    const engine = engineOn(t, { hosts: hosts(), auth });
    const lease = await engine.lease(5_000);
    const { done } = await engine.commit([{ key: 'a', created: 0 }], [{ type: 'put', key: 'a', value: '1', lease }]);
    assert.equal(done, true);
    const values: string[] = [];
    engine.watch('a', await engine.list('a'), ({ events }) => values.push(...events.map(({ type }) => type)));
    await lease.end();
    await until(() => values.length > 0, { what: 'the end of the key' });
    assert.deepEqual(values, ['delete']);
  });

  it('is logged in to again, unseen, when the token has expired', async (t) => {
    const engine = engineOn(t, { hosts: hosts(), auth });
    const before = await engine.commit([], [{ type: 'put', key: 'b', value: '1' }]);
    await sleep(FORGOTTEN_MS);
    const values: string[] = [];
    const watch = engine.watch('b', before, ({ events }) => values.push(...events.map(({ type }) => type)));
    await sleep(FORGOTTEN_MS);
    await engine.commit([], [{ type: 'put', key: 'b', value: '2' }]);
    await until(() => values.length > 0, { what: 'the change, by a watch that was opened with an expired token' });
    watch.close();
    assert.equal(engine.state.endpoint, hosts()[0]);
  });

  it('is logged in to again when users were changed meanwhile', async (t) => {
    const engine = engineOn(t, { hosts: hosts(), auth });
    await listed(engine);
    await admin.addUser('further', 'further-password', '/further/');
    await listed(engine);
  });

  it('refuses a wrong password at once, by name', async (t) => {
    const engine = engineOn(t, { hosts: hosts(), auth: { ...auth, password: 'wrong-password' } });
    const error = await refusal(engine);
    assert.equal(error.code, RpcCode.Unauthenticated);
    assert.match(error.message, /^etcd at http:\/\/127\.0\.0\.1:\d+ refused the login of app: /);
    assert.ok(!error.message.includes('wrong-password'));
  });

  it('demands a login of an engine without one', async (t) => {
    const error = await refusal(engineOn(t, { hosts: hosts() }));
    assert.equal(error.code, RpcCode.Unauthenticated);
    assert.match(error.message, /demands a login: give auth: \{ username, password \}$/);
  });

  it('refuses a user without rights', async (t) => {
    const error = await refusal(
      engineOn(t, { hosts: hosts(), auth: { username: 'other', password: 'other-password' } }),
    );
    assert.deepEqual([error.code, error.delivery], [RpcCode.Forbidden, 'answered'], error.message);
  });

  it('lets a user who may only read list and watch, and refuses the rest', async (t) => {
    const engine = engineOn(t, { hosts: hosts(), auth: { username: 'reader', password: 'reader-password' } });
    const list = await listed(engine);
    const watch = engine.watch('', list, () => {});
    const error = await failure(engine.commit([], [{ type: 'put', key: 'x', value: '1' }]));
    assert.equal(error.code, RpcCode.Forbidden);
    await engine.list('');
    watch.close();
    assert.equal((await watch.ended).reason, 'closed');
  });
});

describe('an etcd without users', { skip }, () => {
  it('refuses a login, and the error says what to do', async (t) => {
    const cluster = await EtcdCluster.start();
    t.after(() => cluster.end());
    const error = await refusal(engineOn(t, { hosts: cluster.urls, auth: { username: 'u', password: 'p' } }));
    assert.equal(error.code, RpcCode.Unauthenticated);
    assert.match(error.message, /etcd has no authentication: leave auth out$/);
  });
});

describe('an etcd with users and signed tokens', { skip }, () => {
  it('is logged in to again when users were changed: tokens from before are an invalid argument', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-jwt-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    writeFileSync(join(folder, 'public.pem'), publicKey);
    writeFileSync(join(folder, 'private.pem'), privateKey);
    const keys = `pub-key=${join(folder, 'public.pem')},priv-key=${join(folder, 'private.pem')}`;
    const cluster = await startEtcd(t, {
      args: ['--auth-token', `jwt,${keys},sign-method=RS256,ttl=10m`, '--bcrypt-cost', '4'],
    });
    const admin = new EtcdAdmin(cluster.node);
    t.after(() => admin.close());
    await admin.addUser('app', 'app-password', '/tests/');
    await admin.enableAuth('root-password');
    const engine = engineOn(t, { hosts: cluster.urls, auth: { username: 'app', password: 'app-password' } });
    const list = await listed(engine);
    await admin.addUser('further', 'further-password', '/further/');
    const watch = engine.watch('', list, () => {});
    await engine.list('');
    watch.close();
    assert.equal((await watch.ended).reason, 'closed');
  });
});

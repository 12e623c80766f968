import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode } from '../../../../lib/errors.js';
import { authority, certificate, makeAuthority, withoutOpenssl } from '../../../support/certificates.js';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { startEtcd } from '../../../support/etcd/etcd-cluster.js';
import { engineOn, failure, refusal } from './support.js';

const skip = withoutOpenssl || whyNoEtcd();

describe('an etcd with TLS', { skip }, () => {
  it('is connected to where its certificate is of a known authority, and refused at once where not', async (t) => {
    const cluster = await startEtcd(t, { tls: certificate('etcd') });
    const { ca } = authority();
    const engine = engineOn(t, { hosts: cluster.urls, tls: { ca } });
    assert.deepEqual((await engine.list('n/')).entries, []);

    const unknown = await refusal(engineOn(t, { hosts: cluster.urls }));
    assert.equal(unknown.code, RpcCode.Certificate, unknown.message);
    assert.match(unknown.message, /the certificate of .* comes from an authority that tls\.ca lacks/);
    const other = await refusal(engineOn(t, { hosts: cluster.urls, tls: { ca: makeAuthority('other').ca } }));
    assert.equal(other.code, RpcCode.Certificate, other.message);

    const named = engineOn(t, { hosts: cluster.urls, tls: { ca, servername: 'etcd' } });
    await named.list('');
    const misnamed = await refusal(engineOn(t, { hosts: cluster.urls, tls: { ca, servername: 'other' } }));
    assert.equal(misnamed.code, RpcCode.Certificate, misnamed.message);

    const plain = await failure(
      engineOn(t, { hosts: cluster.urls.map((url) => url.replace('https', 'http')) }).list(''),
    );
    assert.equal(plain.code, RpcCode.Registry);
    assert.match(plain.message, /does not speak gRPC without TLS: is it https\?/);
  });

  it('that demands certificates is connected to with one', async (t) => {
    const { ca, caFile } = authority();
    const cluster = await startEtcd(t, { tls: { ...certificate('etcd'), caFile } });
    const { cert, key } = certificate('app');
    const engine = engineOn(t, { hosts: cluster.urls, tls: { ca, cert, key } });
    await engine.list('');
    const error = await refusal(engineOn(t, { hosts: cluster.urls, tls: { ca } }));
    assert.equal(error.code, RpcCode.Certificate, error.message);
  });

  it('is not found where there is none', async (t) => {
    const cluster = await startEtcd(t);
    const hosts = cluster.urls.map((url) => url.replace('http', 'https'));
    const error = await failure(engineOn(t, { hosts, tls: { ca: authority().ca } }).list(''));
    assert.equal(error.code, RpcCode.Registry);
    assert.match(error.message, /does not speak TLS/);
  });
});

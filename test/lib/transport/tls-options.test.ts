import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { TlsMaterial } from '../../../lib/transport/tls-material.js';
import { checkTlsOptions, type TlsOptions } from '../../../lib/transport/tls-options.js';
import { authority, certificate, tlsOf, withoutOpenssl } from '../../support/certificates.js';

const INVALID = 'ERR_RPC_INVALID_ARGUMENT';
const pair = { cert: 'a', key: 'b' };

describe('TLS options', () => {
  const refused: readonly [given: unknown, message: string | RegExp][] = [
    [true, 'tls must be an object such as { certFile, keyFile }, got true'],
    [
      { requestCerts: true },
      'tls has an option that does not exist: "requestCerts" (did you mean requestCert?); docs/options.md has the names',
    ],
    [{ ALPNProtocols: [] }, /^tls has an option that does not exist: "ALPNProtocols"/],
    [{ ...pair, certFile: 'a.crt' }, 'tls.cert cannot be combined with tls.certFile: leave one of them out'],
    [{ cert: 'a' }, 'tls has a certificate without a key: give key or keyFile'],
    [{ keyFile: 'a' }, 'tls has a key without a certificate: give cert or certFile'],
    [{ ...pair, pfxFile: 'a.p12' }, 'tls.pfx cannot be combined with tls.cert and tls.key: the archive holds both'],
    [
      { ...pair, requestCert: true },
      'tls.requestCert needs ca or caFile: without them a certificate of any public authority would be accepted',
    ],
    [{ ca: '' }, 'tls.ca must be text, a Buffer, or a list of them, none of them empty; got an empty text'],
    [{ ca: [] }, /^tls\.ca must be text, a Buffer, or a list of them/],
    [{ ca: ['a', 5] }, /got a list with another value$/],
    [{ ...pair, key: { pem: 'the secret key' } }, /^tls\.key must be text, .*; got object$/],
    [{ caFile: '' }, 'tls.caFile must be a non-empty string, got ""'],
    [{ minVersion: 'TLSv1.1' }, 'tls.minVersion must be one of TLSv1.2, TLSv1.3, got "TLSv1.1"'],
    [
      { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' },
      'tls.minVersion must not be above maxVersion, got TLSv1.3 and TLSv1.2',
    ],
    [{ servername: '10.0.0.7' }, /^tls\.servername must be a host name: a certificate for an address needs no name/],
    [{ servername: 'https://a' }, /^tls\.servername must be an address or a host name/],
    [{ rejectUnauthorized: 'false' }, 'tls.rejectUnauthorized must be true or false, got "false"'],
    [{ ciphers: '' }, 'tls.ciphers must be a non-empty string, got ""'],
  ];
  for (const [given, message] of refused) {
    it(`refuse ${JSON.stringify(given)}`, () => {
      assert.throws(() => checkTlsOptions('tls', given as TlsOptions), { code: INVALID, message });
    });
  }

  it('demand certificates of callers where authorities are given, and only there', () => {
    assert.equal(checkTlsOptions('tls', pair).requestCert, false);
    assert.equal(checkTlsOptions('tls', { ...pair, ca: 'c' }).requestCert, true);
    assert.equal(checkTlsOptions('tls', { ...pair, ca: 'c' }).rejectUnauthorized, true);
    assert.equal(checkTlsOptions('tls', { ...pair, caFile: 'c', requestCert: false }).requestCert, false);
  });
});

describe('the parts of a certificate', { skip: withoutOpenssl }, () => {
  const other = () => certificate('other');
  const cases: readonly [what: string, given: () => TlsOptions, message: string | RegExp][] = [
    [
      'a key of another certificate',
      () => ({ ...tlsOf('server'), key: other().key }),
      'tls: the certificate cannot be used: the key belongs to another certificate',
    ],
    [
      'a key that is no key',
      () => ({ ...tlsOf('server'), key: 'x' }),
      /^tls: the certificate cannot be used: the key is not/,
    ],
    ['a certificate that is none', () => ({ ...tlsOf('server'), cert: 'x' }), 'tls.cert holds no certificate in PEM'],
    ['an authority that is none', () => ({ ...tlsOf('server'), ca: 'x' }), 'tls.ca holds no certificate in PEM'],
    [
      'a broken certificate among the authorities',
      () => ({ ca: `${authority().ca}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n` }),
      'tls.ca holds a certificate that cannot be read, number 2',
    ],
    [
      'ciphers that do not exist',
      () => ({ ...tlsOf('server'), ciphers: 'none' }),
      'tls: the certificate cannot be used: ciphers names no cipher that OpenSSL knows',
    ],
  ];
  for (const [what, given, message] of cases) {
    it(`are refused with ${what}`, () => {
      assert.throws(() => new TlsMaterial(given()), { code: INVALID, message });
    });
  }

  it('never show a key in an error', () => {
    const { key } = certificate('server');
    for (const given of [
      { key },
      { cert: key, key: certificate('server').cert },
      { ca: key },
      { ...pair, key, ca: [5] },
    ])
      assert.throws(
        () => new TlsMaterial(given as TlsOptions),
        (error: Error) => !`${error.message}${String(error.cause)}`.includes(key.split('\n')[1] ?? 'none'),
      );
  });
});

describe('the file of a key', { skip: withoutOpenssl || process.platform === 'win32' }, () => {
  function keyFile(t: TestContext, mode: number): string {
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-key-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'tls.key');
    writeFileSync(path, certificate('server').key);
    chmodSync(path, mode);
    return path;
  }
  const withKey = (path: string): TlsMaterial =>
    new TlsMaterial({ certFile: certificate('server').certFile, keyFile: path });

  for (const mode of [0o644, 0o604, 0o602, 0o660, 0o666]) {
    it(`is refused with the mode ${mode.toString(8)}`, (t) => {
      const path = keyFile(t, mode);
      assert.throws(() => withKey(path), {
        code: INVALID,
        message: `tls.keyFile, the key of the certificate, is not safe: ${path} has the mode 0${mode.toString(8)}, with which other users can read or write it; run chmod 600`,
      });
    });
  }

  for (const mode of [0o600, 0o400]) {
    it(`may have the mode ${mode.toString(8)}`, (t) => assert.ok(withKey(keyFile(t, mode)).hasCertificate));
  }

  it('is named where it cannot be read', (t) => {
    const path = keyFile(t, 0o600);
    rmSync(path);
    assert.throws(() => withKey(path), {
      code: INVALID,
      message: `tls.keyFile, the key of the certificate ${path}, cannot be read: ENOENT: no such file or directory, open '${path}'`,
    });
    assert.throws(() => withKey(tmpdir()), { code: INVALID, message: /tls\.keyFile, the key of the certificate/ });
  });

  it('may be of any mode where it holds no secret', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-ca-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'ca.crt');
    writeFileSync(path, authority().ca);
    chmodSync(path, 0o644);
    assert.equal(new TlsMaterial({ caFile: path }).hasCertificate, false);
  });
});

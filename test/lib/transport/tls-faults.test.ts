import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainTls, faultOfCode } from '../../../lib/transport/tls-faults.js';

const OWN = { hasCertificate: true, fault: undefined };
const withCode = (code: string): Error => Object.assign(new Error('the text of OpenSSL'), { code });

describe('an error of TLS in words', () => {
  const certificates: readonly [code: string, text: string][] = [
    ['CERT_HAS_EXPIRED', 'the certificate of tls://a:1 has expired (CERT_HAS_EXPIRED)'],
    [
      'CRL_HAS_EXPIRED',
      'the certificate of tls://a:1 cannot be checked, since the revocation list (tls.crl) has expired (CRL_HAS_EXPIRED)',
    ],
    ['CERT_CHAIN_TOO_LONG', 'the certificate of tls://a:1 cannot be verified (CERT_CHAIN_TOO_LONG)'],
    ['INVALID_CA', 'the certificate of tls://a:1 cannot be verified (INVALID_CA)'],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'tls://a:1 does not accept the certificate of this client: another authority may be expected (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
    ],
    [
      'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
      'tls://a:1 does not accept the certificate of this client: another authority may be expected (ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE)',
    ],
    [
      'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED',
      'tls://a:1 does not accept the certificate of this client: another authority may be expected (ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED)',
    ],
    [
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
      'tls://a:1 does not accept the certificate of this client: another authority may be expected (ERR_SSL_TLSV1_ALERT_UNKNOWN_CA)',
    ],
  ];
  for (const [code, message] of certificates) {
    it(`has a code of its own for ${code}`, () => {
      const cause = withCode(code);
      const error = explainTls(cause, 'tls://a:1', OWN) as Error & { code: string };
      assert.deepEqual([error.code, error.message, error.cause], ['ERR_RPC_CERTIFICATE', message, cause]);
    });
  }

  const others: readonly [code: string, text: RegExp][] = [
    [
      'ERR_SSL_WRONG_VERSION_NUMBER',
      /^no TLS connection to tls:\/\/a:1: the other end does not speak TLS: .*\(ERR_SSL_WRONG_VERSION_NUMBER\)$/,
    ],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /no version of TLS in common/],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', /no version of TLS in common/],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', /no cipher in common .* or the server demands a certificate/],
    ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', /no cipher in common/],
    ['ECONNRESET', /the other end ended the handshake: .* certificate/],
  ];
  for (const [code, text] of others) {
    it(`keeps the code ${code}`, () => {
      const error = explainTls(withCode(code), 'tls://a:1', OWN) as Error & { code: string };
      assert.equal(error.code, code);
      assert.match(error.message, text);
    });
  }

  it('is the same error for a code of the system', () => {
    for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ERR_SOCKET_CLOSED', '']) {
      const error = withCode(code);
      assert.equal(explainTls(error, 'tls://a:1', OWN), error);
    }
  });

  it('names what is known to be wrong with the own certificate', () => {
    const alert = withCode('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
    const none = explainTls(alert, 'tls://a:1', { hasCertificate: false, fault: undefined });
    assert.match(none.message, /this client has none; give tls\.certFile and tls\.keyFile/);
    const old = explainTls(alert, 'tls://a:1', { hasCertificate: true, fault: 'expired on Monday' });
    assert.match(old.message, /of this client: the certificate expired on Monday \(/);
  });

  it('shows the names of a certificate that is not verified in quotes', () => {
    const cert = { subjectaltname: 'DNS:\u001b[2J\nmailstation: all is well' };
    const error = Object.assign(withCode('ERR_TLS_CERT_ALTNAME_INVALID'), { host: 'a', cert });
    const { message } = explainTls(error, 'tls://a:1', OWN);
    assert.match(message, /^the certificate of tls:\/\/a:1 is for another name: the certificate has "DNS:/);
    assert.ok(
      [...message].every((char) => char >= ' '),
      message,
    );
  });

  it('names an unknown code too', () => {
    assert.equal(faultOfCode('SOMETHING'), 'cannot be verified (SOMETHING)');
  });
});

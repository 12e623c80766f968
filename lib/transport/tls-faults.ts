import type { X509Certificate } from 'node:crypto';
import { RpcCode, RpcError } from '../errors.js';
import { quoted } from '../quoted.js';
import { timeOfDay } from '../timers.js';

const UNKNOWN_AUTHORITY = 'comes from an authority that tls.ca lacks, or lacks an intermediate certificate';
/** Reasons for which a certificate is refused, by the codes of Node.js and OpenSSL. Each follows "the certificate". */
const FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_REVOKED: 'was revoked',
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  CRL_HAS_EXPIRED: 'cannot be checked, since the revocation list (tls.crl) has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  INVALID_PURPOSE: 'may not be used at this end (extendedKeyUsage)',
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_CRL: 'cannot be checked, since tls.crl has no list of its authority',
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
};

/** Code of Node.js for a certificate that does not have the name of the host. */
const OTHER_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';
/** Codes of OpenSSL's verification. Those of Node.js and of alerts begin with ERR. */
const VERIFICATION =
  /^(?!ERR_)(?:.*(?:CERT|CRL).*|UNABLE_TO_.*|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$/;
/** Alerts that refuse the certificate of this end. OpenSSL 3.0 writes SSLV3 where later versions write SSL/TLS. */
const CERTIFICATE_ALERT = /^ERR_SSL_.*ALERT_(?:.*CERTIFICATE.*|UNKNOWN_CA)$/;

/** Causes of a handshake that failed for another reason than a certificate, each for the codes that a pattern takes. */
const HANDSHAKE_CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /^ERR_SSL_(?:WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|INVALID_.*)$/,
    'the other end does not speak TLS: give both ends the same address and transport',
  ],
  [
    /^ERR_SSL_(?:.*ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|WRONG_SSL_VERSION)$/,
    'the two ends have no version of TLS in common: check minVersion and maxVersion',
  ],
  [
    /^ERR_SSL_(?:.*ALERT_HANDSHAKE_FAILURE|NO_SHARED_CIPHER|.*ALERT_INSUFFICIENT_SECURITY)$/,
    'the two ends have no cipher in common (ciphers), or the server demands a certificate',
  ],
  [
    /^(?:ECONNRESET|EPIPE)$/,
    'the other end ended the handshake: perhaps the server does not speak TLS, or does not accept the certificate of this client',
  ],
];

/** Dates for which a certificate is not valid now. Undefined for a valid certificate, and for none. */
export function faultOfDates(certificate: X509Certificate | undefined): string | undefined {
  if (certificate === undefined) return undefined;
  const { validFrom, validTo } = certificate;
  const now = timeOfDay();
  if (Date.parse(validTo) < now) return `expired on ${validTo}: renew the certificate`;
  if (Date.parse(validFrom) > now) return `is not valid before ${validFrom}: check the clock of this machine`;
  return undefined;
}

/** Reason for which the certificate of a peer is refused, to follow "the certificate". `code`: that of Node.js or OpenSSL. */
export function faultOfCode(code: string): string {
  return `${FAULTS[code] ?? 'cannot be verified'} (${code})`;
}

/** Own end of a connection, as far as its failures need to know. */
export interface OwnCertificate {
  readonly hasCertificate: boolean;
  readonly fault: string | undefined;
}

/**
 * The error of a connection over TLS, with its cause in words. An error about a certificate has the code
 * {@link RpcCode.Certificate}; another error is of the same code as before. `where`: the endpoint that was dialled.
 */
export function explainTls(error: Error, where: string, own: OwnCertificate): Error {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === OTHER_NAME) return refused(`the certificate of ${where} ${otherName(error)}`, error);
  if (VERIFICATION.test(code)) return refused(`the certificate of ${where} ${faultOfCode(code)}`, error);
  if (CERTIFICATE_ALERT.test(code))
    return refused(`${where} does not accept the certificate of this client: ${ownFault(own)} (${code})`, error);
  const [, cause] = HANDSHAKE_CAUSES.find(([codes]) => codes.test(code)) ?? [];
  if (cause === undefined) return error;
  return Object.assign(new Error(`no TLS connection to ${where}: ${cause} (${code})`, { cause: error }), { code });
}

/** Likely fault of the own certificate, which another end did not accept. */
function ownFault({ hasCertificate, fault }: OwnCertificate): string {
  if (!hasCertificate) return 'this client has none; give tls.certFile and tls.keyFile';
  return fault === undefined ? 'another authority may be expected' : `the certificate ${fault}`;
}

function refused(message: string, cause: Error): RpcError {
  return new RpcError(RpcCode.Certificate, message, { cause });
}

/** The names come from a peer that is not verified. */
function otherName(error: Error): string {
  const { host, cert } = error as { host?: unknown; cert?: { subjectaltname?: unknown } };
  const names = typeof cert?.subjectaltname === 'string' ? quoted(cert.subjectaltname) : 'no names';
  return `is for another name: the certificate has ${names}, and not ${quoted(String(host))}; connect to one of its names, or give one as tls.servername`;
}

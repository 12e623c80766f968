import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../identity.js';
import type { StreamFacts } from './byte-stream.js';
import { faultOfCode } from './tls-faults.js';
import type { TlsMaterial } from './tls-material.js';

/** Separates the alternative names of a certificate. A comma within a name is in quotes. */
const NAMES = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g;
/** Names of a certificate that are kept, and their length. A peer chooses how many there are. */
const MAX_NAMES = 100;
const MAX_NAME_CHARS = 256;

/** Length and label of the key material by which a proof is bound to a connection. Source: RFC 5705. */
const BINDING_BYTES = 32;
const BINDING_LABEL = 'EXPORTER-mailstation';
const NO_CONTEXT = Buffer.alloc(0);

/** Facts that hold for both ends of a connection over TLS. */
export function tlsFacts(socket: TLSSocket): StreamFacts {
  return Object.freeze({ binding: () => socket.exportKeyingMaterial(BINDING_BYTES, BINDING_LABEL, NO_CONTEXT) });
}

/** Facts about the peer of an accepted socket: the verified certificate, or the reason for which the peer is refused. */
export function peerFacts(socket: TLSSocket, { requestCert, rejectUnauthorized }: TlsMaterial): StreamFacts {
  const facts = tlsFacts(socket);
  if (!requestCert) return facts;
  const certificate = verifiedCertificate(socket);
  if (certificate !== undefined) return Object.freeze({ ...facts, certificate });
  if (!rejectUnauthorized) return facts;
  const fault =
    socket.getPeerX509Certificate() === undefined
      ? 'is missing: this server demands one (tls.requestCert), and the client has none (tls.certFile, tls.keyFile)'
      : faultOfCode(String(socket.authorizationError));
  return Object.freeze({ refusal: `the certificate of the client ${fault}` });
}

/** Facts about the peer of a socket that an HTTP server of the program has accepted. That server has the rules. */
export function attachedFacts(socket: Socket): StreamFacts {
  if (!(socket instanceof TLSSocket)) return {};
  const certificate = verifiedCertificate(socket);
  return { ...tlsFacts(socket), ...(certificate && { certificate }) };
}

/** Node.js takes each resumed session for authorized, also that of a peer which was not. */
function verifiedCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  const isVerified = certificate !== undefined && socket.authorized && !socket.isSessionReused();
  return isVerified ? describe(certificate) : undefined;
}

function describe(certificate: X509Certificate): PeerCertificate {
  const { subject, subjectAltName = '', fingerprint256, issuer } = certificate;
  const names = (subjectAltName.match(NAMES) ?? [])
    .slice(0, MAX_NAMES)
    .map((name) => name.trim().slice(0, MAX_NAME_CHARS));
  const name = commonName(subject) ?? names[0]?.replace(/^[^:]*:/, '') ?? '';
  return Object.freeze({
    name,
    names: Object.freeze(names),
    fingerprint: fingerprint256,
    issuer: commonName(issuer) ?? '',
  });
}

/** The common name of a subject, in which each line is `type=value`. Node.js escapes a line break in a value. */
function commonName(subject: string | undefined): string | undefined {
  return /^CN=(.*)$/m.exec(subject ?? '')?.[1]?.slice(0, MAX_NAME_CHARS);
}

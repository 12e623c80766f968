/** Certificate that a peer has shown, and that the transport has verified. */
export interface PeerCertificate {
  /** Common name of the subject; without one, the first of {@link PeerCertificate.names}. */
  readonly name: string;
  /** Alternative names of the subject, each with its type: `DNS:chat.internal`, `URI:spiffe://shop/chat`, `IP Address:10.0.0.1`. */
  readonly names: readonly string[];
  /** SHA-256 of the certificate: pairs of hexadecimal digits with colons between them. */
  readonly fingerprint: string;
  /** Common name of the issuer. */
  readonly issuer: string;
}

/** Facts about a caller that the server has verified itself. Each field is missing where nothing was verified. */
export interface ProvenIdentity {
  /** Certificate of the caller's process, over a transport with mutual TLS. */
  readonly certificate?: PeerCertificate;
  /** Name of the secret that the caller's process has proven to know, as the server's option `secret` names it. */
  readonly secret?: string;
  /** Result of the server's `authenticate`. */
  readonly token?: unknown;
}

/** Facts that a caller has said about itself, and that nothing proves. */
export interface ClaimedIdentity {
  /** The `clientId` that the caller's client gave itself. */
  readonly clientId?: string;
}

/**
 * Identity of a caller. `proven` belongs to the process at the other end of the connection. Where that process relays the calls of
 * others (`share`), `proven` is still the relaying process, and `claimed` is the client that makes the call.
 */
export interface CallerIdentity {
  /** Facts that this server has verified. Decide on these who may call. */
  readonly proven: ProvenIdentity;
  /** Facts that the caller has only said. Use these in logs. */
  readonly claimed: ClaimedIdentity;
}

const NOTHING_PROVEN: ProvenIdentity = Object.freeze({});
const NOTHING_CLAIMED: ClaimedIdentity = Object.freeze({});

/** The identity of one connection. Made once, at the registration. */
export function identityOf(proven: ProvenIdentity = NOTHING_PROVEN, clientId?: string): CallerIdentity {
  return Object.freeze({
    proven: Object.freeze(proven),
    claimed: clientId === undefined ? NOTHING_CLAIMED : Object.freeze({ clientId }),
  });
}

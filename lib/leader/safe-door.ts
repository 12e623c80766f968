import { type Endpoint, isEncrypted, urlOf } from '../endpoint.js';
import { RpcCode, RpcError } from '../errors.js';
import { isLoopback } from '../host.js';
import { findOpenFolder } from '../transport/socket-owner.js';

/** The rules of a door's TLS that matter for its safety. */
interface DoorTls {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/** The protection of a door against strangers. */
export interface DoorProtection {
  /** Opens doors that nothing protects. */
  readonly insecure: boolean;
  /** Callers must prove that they know a secret. @default false */
  readonly hasSecret?: boolean | undefined;
  /** Rules for the certificates of callers. Undefined where nothing is encrypted, and at an HTTPS server of the program. */
  readonly tls?: DoorTls | undefined;
}

/**
 * Throws {@link RpcCode.Insecure} for a door that every machine of a network could come in by: an address beyond loopback without
 * TLS, without a secret and without `insecure`; and for a unix socket in a folder where every user of the machine may replace files.
 */
export function requireSafeDoor(endpoint: Endpoint, protection: DoorProtection): void {
  if (protection.insecure || reasonsOf(endpoint, protection).length > 0) return;
  throw new RpcError(RpcCode.Insecure, endpoint.transport === 'unix' ? openFolder(endpoint) : openAddress(endpoint));
}

/**
 * True for a door by which no stranger comes in from another machine: on this machine alone, or where each caller proves a secret or a
 * certificate.
 */
export function keepsStrangersOut(endpoint: Endpoint, { hasSecret = false, tls }: DoorProtection): boolean {
  if (isOfThisMachine(endpoint)) return true;
  return endpoint.transport !== 'unix' && (hasSecret || needsCertificate(tls));
}

/** The doors in one line, each with the reason why strangers cannot come in. */
export function describeDoors(doors: readonly (readonly [Endpoint, DoorProtection])[]): string {
  const all = doors.map(([endpoint, protection]) => [urlOf(endpoint), whySafe(endpoint, protection)] as const);
  const [first] = all;
  if (first !== undefined && all.every(([, why]) => why === first[1]))
    return `${all.map(([url]) => url).join(' and ')}, ${first[1]}`;
  return all.map(([url, why]) => `${url} (${why})`).join(' and ');
}

function whySafe(endpoint: Endpoint, protection: DoorProtection): string {
  return reasonsOf(endpoint, protection).join(', ') || 'insecure: open to all that can connect';
}

function reasonsOf(endpoint: Endpoint, { hasSecret = false, tls }: DoorProtection): string[] {
  const reasons: string[] = [];
  if (isOfThisMachine(endpoint)) reasons.push('reachable from this machine only');
  // No secret helps: a program that replaces the file can relay the registration, and change every later byte.
  else if (endpoint.transport === 'unix') return reasons;
  if (isEncrypted(endpoint)) reasons.push(needsCertificate(tls) ? 'TLS, certificate required' : 'TLS');
  if (hasSecret) reasons.push('secret required');
  return reasons;
}

function needsCertificate(tls: DoorTls | undefined): boolean {
  return tls?.requestCert === true && tls.rejectUnauthorized;
}

function isOfThisMachine(endpoint: Endpoint): boolean {
  return endpoint.transport === 'unix' ? findOpenFolder(endpoint.path) === undefined : isLoopback(endpoint.host);
}

function openAddress({ host }: Exclude<Endpoint, Endpoint<'unix'>>): string {
  return `listening on ${host} is refused: every machine that reaches this address could call this process, unencrypted and unauthenticated; give tls or a secret, listen on 127.0.0.1, or set \`insecure: true\` in a network that you trust`;
}

function openFolder({ path }: Endpoint<'unix'>): string {
  return `listening at ${path} is refused: every user of this machine may replace files in the folder ${findOpenFolder(path)}; choose a folder that this process's user alone may write, or set \`insecure: true\` on a server`;
}

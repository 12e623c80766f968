import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity as checkIdentity, type PeerCertificate } from 'node:tls';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { RpcCode, RpcError } from '../../errors.js';
import type { TlsMaterial } from '../../transport/tls-material.js';
import { type CallOptions, Connection, type Method } from './connection.js';
import { diagnose, knock } from './diagnosis.js';
import type { CheckedEtcd } from './etcd-options.js';
import { explain } from './explain.js';
import { GrpcCode, type GrpcPackage, loadGrpc } from './grpc.js';
import { GrpcFailure } from './grpc-failure.js';
import type { Host } from './hosts.js';
import type { Login } from './login.js';
import { Renewals } from './renewals.js';
import { pulseRequest } from './requests.js';
import type { StoreIdentity } from './store-identity.js';

/** A connection that has been greeted: the login is done, and the id of the store is known. */
export class Session {
  /** Random, so that no other connection has it, of any process. */
  readonly id = randomBytes(8).toString('hex');
  readonly connection: Connection;
  /** Id of the store at the other end. */
  readonly store: string;
  readonly renewals: Renewals;
  readonly #login: Login;

  constructor(connection: Connection, store: string, login: Login) {
    this.connection = connection;
    this.store = store;
    this.#login = login;
    this.renewals = new Renewals(connection, () => login.token);
  }

  unary(method: Method, request: Buffer, options: CallOptions): Promise<Buffer> {
    return this.#login.unary(this.connection, method, request, options);
  }
}

/** One attempt to reach a host. */
export interface Attempt {
  /** Unit: ms */
  readonly timeout: number;
  /** The last attempt has failed: the host may still be away. */
  readonly isRepeated: boolean;
  readonly signal: AbortSignal;
}

/** Parts that all sessions of an engine share. */
export interface SessionParts {
  readonly options: CheckedEtcd;
  /** Text before the keys of the namespace. */
  readonly prefix: string;
  readonly login: Login;
  readonly identity: StoreIdentity;
}

/**
 * Connects to a host and greets the store. Rejects with the reason, in words, within about `timeout` ms for the connection and as much for
 * the greeting. A host that was away is asked first whether anything listens there.
 */
export async function openSession(
  host: Host,
  parts: SessionParts,
  { timeout, isRepeated, signal }: Attempt,
): Promise<Session> {
  const { options, login, identity, prefix } = parts;
  const grpc = await loadGrpc();
  if (isRepeated) await knock(host, timeout, signal);
  options.tls?.refresh();
  const connection = new Connection(grpc, host, ...identityOf(grpc, host, options.tls));
  const onAbort = (): void => connection.end(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await connection.open(timeout).catch(async () => {
      throw await diagnose(host, options.tls, timeout);
    });
    await login.ensure(connection);
    const store = await identity.greet((method, request) => login.unary(connection, method, request, { timeout }));
    connection.keepPulse((wait) =>
      connection.unary('/etcdserverpb.KV/Range', pulseRequest(`${prefix}store`), { timeout: wait, token: login.token }),
    );
    return new Session(connection, store, login);
  } catch (cause) {
    const error = greetingFault(cause, host, login);
    connection.end(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function greetingFault(cause: unknown, { url }: Host, login: Login): Error {
  // etcd 3.4 answers a request without a user so, and the requests of a greeting have no other invalid argument.
  if (cause instanceof GrpcFailure && cause.code === GrpcCode.InvalidArgument && !login.isNeeded) {
    const message = `etcd at ${url} demands a login: give auth: { username, password }`;
    return new RpcError(RpcCode.Unauthenticated, message, { delivery: 'not-sent', cause });
  }
  return explain(cause, 'the first requests on a connection');
}

/** Name that no server has. Source: RFC 2606. */
const NO_NAME = 'etcd.invalid';

/**
 * Credentials for a host, and the name that it is asked for. @grpc/grpc-js announces an address as the name of the server, which TLS
 * forbids and Node 26 refuses: a host that is an address is asked for a name that means nothing, and its certificate is checked
 * against the address.
 */
function identityOf(
  grpc: GrpcPackage,
  { name }: Host,
  tls: TlsMaterial | undefined,
): [ChannelCredentials, servername: string | undefined] {
  if (tls === undefined) return [grpc.credentials.createInsecure(), undefined];
  const { context, rejectUnauthorized, servername } = tls;
  if (servername !== undefined || isIP(name) === 0)
    return [grpc.credentials.createFromSecureContext(context, { rejectUnauthorized }), servername];
  const checkServerIdentity = (_announced: string, certificate: PeerCertificate) => checkIdentity(name, certificate);
  return [grpc.credentials.createFromSecureContext(context, { rejectUnauthorized, checkServerIdentity }), NO_NAME];
}

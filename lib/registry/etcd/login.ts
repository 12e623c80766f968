import { RpcCode, RpcError } from '../../errors.js';
import { loginAnswer } from './answers.js';
import type { CallOptions, Connection, Method } from './connection.js';
import type { EtcdAuth } from './etcd-options.js';
import { GrpcCode } from './grpc.js';
import { GrpcFailure } from './grpc-failure.js';
import { loginRequest } from './requests.js';

/**
 * Codes with which etcd refuses a token before anything is done: one that has expired, and one from before a change of users and roles,
 * which is an invalid argument.
 */
const TOKEN_REFUSALS: readonly number[] = [GrpcCode.Unauthenticated, GrpcCode.InvalidArgument];

/** Longest wait for a login. etcd makes the check of a password slow on purpose (bcrypt). Unit: ms */
const LOGIN_MS = 3_000;

/** Logs in, and logs in again when a token is no longer accepted. Tokens hold for all members of a cluster. */
export class Login {
  readonly #auth: Readonly<EtcdAuth> | undefined;
  #token: string | undefined;
  #running: Promise<void> | undefined;

  constructor(auth: Readonly<EtcdAuth> | undefined) {
    this.#auth = auth;
  }

  /** Token for streams; undefined without authentication. */
  get token(): string | undefined {
    return this.#token;
  }

  get isNeeded(): boolean {
    return this.#auth !== undefined;
  }

  /** Logs in where there is no token yet. */
  async ensure(connection: Connection): Promise<void> {
    if (this.isNeeded && this.#token === undefined) await this.renew(connection, undefined);
  }

  /**
   * Logs in again; `refused`: the token that was not accepted. Rejects with {@link RpcCode.Unauthenticated} for a wrong password, and with a
   * {@link GrpcFailure} where etcd did not answer.
   */
  async renew(connection: Connection, refused: string | undefined): Promise<void> {
    if (this.#token !== refused) return; // another call has logged in meanwhile
    this.#running ??= this.#logIn(connection).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Sends a request with the token. A request whose token is refused was not done, and is sent again with a new one. */
  async unary(connection: Connection, method: Method, request: Buffer, options: CallOptions): Promise<Buffer> {
    const token = this.#token;
    try {
      return await connection.unary(method, request, { ...options, token });
    } catch (error) {
      const isRefused =
        error instanceof GrpcFailure && error.delivery === 'answered' && TOKEN_REFUSALS.includes(error.code);
      if (!isRefused || !this.isNeeded) throw error;
      await this.renew(connection, token);
      return connection.unary(method, request, { ...options, token: this.#token });
    }
  }

  async #logIn(connection: Connection): Promise<void> {
    if (this.#auth === undefined) return;
    const { username, password } = this.#auth;
    try {
      const request = loginRequest(username, password);
      this.#token = loginAnswer(
        await connection.unary('/etcdserverpb.Auth/Authenticate', request, { timeout: LOGIN_MS }),
      );
    } catch (error) {
      if (!(error instanceof GrpcFailure) || error.delivery !== 'answered') throw error;
      const why =
        error.code === GrpcCode.FailedPrecondition ? 'etcd has no authentication: leave auth out' : error.message;
      const message = `etcd at ${connection.host.url} refused the login of ${username}: ${why}`;
      throw new RpcError(RpcCode.Unauthenticated, message, { delivery: 'not-sent', cause: error });
    }
  }
}

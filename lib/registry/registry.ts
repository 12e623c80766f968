import type { Logger } from '../diagnostics.js';
import type { RpcError } from '../errors.js';
import type { Term } from '../term.js';
import type { Election, ElectionOptions } from './election.js';
import type { RosterSource } from './roster-source.js';

/** A server, as it is registered. */
export interface RegisteredServer {
  /** Id of the server, unique over all types in the registry. */
  readonly id: string;
  /** Type of the server. */
  readonly serverType: string;
  /** Place at which callers reach the server: `tcp://10.0.0.5:3333`. */
  readonly url: string;
  /** Weight for weighted routers. @default 1 */
  readonly weight?: number | undefined;
  /** Further fields of the entry in the rosters of callers: values that JSON carries. @default none */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Term of a server that an election has made the Leader of the id. The record of an earlier Leader is then taken over, and the one of a later
   * Leader never is. @default none
   */
  readonly term?: Term | undefined;
}

/** Receiver of what happens to a registration: a server. */
export interface RegistrationHandler {
  /** Receiver of log lines, such as one about a lost lease. */
  readonly logger: Logger;
  /** Called for a failure after the first registration, such as another server that has taken the id. The registration goes on. */
  onError(error: RpcError): void;
}

/** A server in its registry. */
export interface Registration {
  /**
   * Registers the server. Resolves when callers can find it; from then on the registration is kept, and made again when it is lost.
   * Rejects with {@link RpcCode.Registry} where the registry does not answer within `timeout` ms, and with {@link RpcCode.IdInUse} where another
   * server has the id for longer than its lease lasts. The registration is then over. Without `timeout`, the call waits for as long as
   * it takes, and reports failures to the handler.
   */
  register(timeout?: number): Promise<void>;
  /**
   * Announces the end of the server, so that callers choose others. Resolves when callers have had time to hear of that, and after a
   * second at the latest. Never rejects.
   */
  drain(): Promise<void>;
  /**
   * Leaves the record to the next Leader of the id, so that callers find one of the two at any time. Resolves when the next Leader has
   * taken the record over, and after half a second at the latest. Never rejects.
   */
  handOver(): Promise<void>;
  /** Removes the server from the registry. Resolves after a second at the latest: the record goes with its lease. Never rejects. */
  leave(): Promise<void>;
}

/**
 * Registry of servers, for the option `registry` of `createServer` and `createClient`: servers register, and clients follow. `etcd()` and
 * `memory()` make one.
 */
export interface Registry extends RosterSource {
  /** Prepares the registration of a server. Nothing is sent before {@link Registration.register}. */
  registration(server: RegisteredServer, handler: RegistrationHandler): Registration;
  /**
   * An election over all processes of the registry: one candidate leads at a time. Throws {@link RpcCode.InvalidArgument} for a name other
   * than 1 to 128 letters, digits, `.`, `_` and `-`.
   */
  election(name: string, options?: ElectionOptions): Election;
}

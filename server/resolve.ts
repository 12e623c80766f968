import { canonicalOptions, PASSED_OVER, SERVER_NAMES } from '../lib/compat/option-names.js';
import type { Logger } from '../lib/diagnostics.js';
import type { Endpoint } from '../lib/endpoint.js';
import { type ResolvedListeningOptions, resolveListeningOptions } from '../lib/leader/options.js';
import { boolean, fieldsOf, loggerOption, nonEmptyString, timeoutMs } from '../lib/options.js';
import type { Election } from '../lib/registry/election.js';
import type { NonEmpty } from '../lib/server-info.js';
import { type ResolvedServiceOptions, resolveServiceOptions } from '../lib/service/options.js';
import { Authorization } from '../lib/serving/authorization.js';
import type { ExpectedErrors } from '../lib/serving/call-failures.js';
import { warnOfUnknownOptions } from '../lib/unknown-options.js';
import { resolveElection } from './election-option.js';
import { consoleLogger, SERVER_DEFAULTS, SERVER_OPTION_NAMES, type ServerOptions } from './options.js';
import { type ResolvedRegistration, resolveRegistration } from './registered.js';

/** Options of a server, checked and with their defaults. */
export interface ResolvedServerOptions {
  readonly id: string | undefined;
  readonly serverType: string | undefined;
  readonly logger: Logger;
  readonly expectedErrors: ExpectedErrors | undefined;
  readonly rpcDebugLog: boolean;
  readonly inspect: boolean;
  readonly callStats: boolean;
  /** Unit: ms */
  readonly slowCall: number;
  /** The server listens through a custom acceptor, which decides by itself who may call. */
  readonly hasCustomAcceptor: boolean;
  readonly services: ResolvedServiceOptions;
  readonly drainTimeout: number;
  readonly listening: ResolvedListeningOptions;
  readonly authorization: Authorization;
  readonly standby: boolean;
  /** Undefined: a standby competes for the port. */
  readonly election: Election | undefined;
  /** Undefined: the server is in no registry. */
  readonly registration: ResolvedRegistration | undefined;
}

/** Checks the options, and logs a warning about those that do not exist. Throws {@link RpcCode.InvalidArgument}. */
export function resolveServerOptions(written: ServerOptions): ResolvedServerOptions {
  fieldsOf('the argument of createServer()', written, 'an object of options, at least { id, port }');
  const options = canonicalOptions(written, SERVER_NAMES);
  const defaults = SERVER_DEFAULTS;
  const id = options.id === undefined ? undefined : nonEmptyString('id', options.id);
  const serverType = options.serverType === undefined ? undefined : nonEmptyString('serverType', options.serverType);
  const logger = loggerOption('logger', options.logger, consoleLogger);
  const onlyNear = options.acceptorFactory !== undefined;
  const check = { owner: 'the server', names: SERVER_OPTION_NAMES, ignored: PASSED_OVER, onlyNear };
  warnOfUnknownOptions(written, check, logger);
  const rpcDebugLog = boolean('rpcDebugLog', options.rpcDebugLog, defaults.rpcDebugLog);
  const inspect = boolean('inspect', options.inspect, defaults.inspect);
  const callStats = boolean('callStats', options.callStats, defaults.callStats);
  const slowCall = timeoutMs('slowCall', options.slowCall, defaults.slowCall, 0);
  const hasCustomAcceptor = options.acceptorFactory !== undefined;
  const services = resolveServiceOptions(options);
  const drainTimeout = timeoutMs('drainTimeout', options.drainTimeout, defaults.drainTimeout, 0);
  const listening = resolveListeningOptions(options, logger);
  const authorization = new Authorization(options, listening);
  const standby = boolean('standby', options.standby, defaults.standby);
  const [first, ...others] = listening.doors;
  const endpoints: NonEmpty<Endpoint> = [first.endpoint, ...others.map(({ endpoint }) => endpoint)];
  const registration = resolveRegistration(options, endpoints);
  const election = resolveElection(options);
  const { expectedErrors } = options; // checked by CallFailures
  return {
    id,
    serverType,
    logger,
    expectedErrors,
    rpcDebugLog,
    ...{ inspect, callStats, slowCall, hasCustomAcceptor },
    services,
    drainTimeout,
    listening,
    authorization,
    standby,
    election,
    registration,
  };
}

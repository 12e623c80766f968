import { quietLogger } from '../diagnostics.js';
import { boolean, loggerOption } from '../options.js';
import { frameLimit } from '../protocol/framer.js';

/** An option that has another name in pomelo-rpc or pinus-rpc. */
interface OlderName {
  readonly older: string;
  /** Name of the same option here. */
  readonly name: string;
  /** The older name decides where both are given. @default false */
  readonly isFirst?: boolean;
  /** Checks the value under the name that the user wrote, so that an error names that option. */
  readonly check?: (name: string, value: unknown) => unknown;
}

/** Source: pomelo-rpc 1.0.7 and its README, which writes `mailBoxFactory`; pinus-rpc writes `buffMsg`. */
export const CLIENT_NAMES: readonly OlderName[] = [
  { older: 'buffMsg', name: 'bufferMsg', check: (name, value) => boolean(name, value, false) },
  { older: 'mailBoxFactory', name: 'mailboxFactory' },
  { older: 'routerType', name: 'router', isFirst: true },
];

/** Source: pomelo-rpc 1.0.7 and pinus-rpc. */
export const SERVER_NAMES: readonly OlderName[] = [
  { older: 'buffMsg', name: 'bufferMsg', check: (name, value) => boolean(name, value, false) },
  { older: 'pkgSize', name: 'maxFrameBytes', check: (name, value) => frameLimit(name, value, 0) },
  { older: 'rpcLogger', name: 'logger', check: (name, value) => loggerOption(name, value, quietLogger) },
];

/**
 * Options of pomelo, pinus, and the RPC packages of both that have no counterpart here. Such an option is passed over without
 * a warning: a program may give the options of another package to this one. Source: pomelo 2.2.7 and
 * pinus 1.7.4.
 */
export const PASSED_OVER: readonly string[] = [
  ...['cacheMsg', 'containParentMethod', 'doZipLength', 'dynamicUserProxy', 'enableRpcLog', 'lazyConnection'],
  ...['maxLength', 'ping', 'pong', 'useZipCompress'],
];

/** Options of `Server.create`: methods answer through callbacks, as those of pomelo-rpc do. Source: pomelo-rpc. */
export function pomeloServerOptions<Options extends { callbacks?: boolean | undefined }>(given: Options): Options {
  return withDefaults(given, { callbacks: true });
}

/**
 * Options of `Client.create`: methods are called through callbacks, and calls without a uid go to one server, as in
 * pomelo-rpc. Source: pomelo-rpc.
 */
export function pomeloClientOptions<Options extends { callbacks?: boolean | undefined; router?: unknown }>(
  given: Options,
): Options {
  return withDefaults(given, { callbacks: true, router: 'df' });
}

/**
 * Options of pinus-rpc's `createClient`: calls without a uid go to one server, and a call of all servers gives the results
 * alone. Source: pinus-rpc.
 */
export function pinusClientOptions<Options extends { router?: unknown; broadcastOutcomes?: unknown }>(
  given: Options,
): Options {
  return withDefaults(given, { router: 'df', broadcastOutcomes: false });
}

function withDefaults<Options extends object>(given: Options, defaults: Partial<Record<string, unknown>>): Options {
  if (typeof given !== 'object' || given === null) return given;
  const options = plainCopy(given);
  for (const [name, value] of Object.entries(defaults)) options[name] ??= value;
  return options as Options;
}

/**
 * The options under their names here; the older names are gone from the result. An older name counts only where the name
 * here is not given, unless the table says otherwise. Throws {@link RpcCode.InvalidArgument}, naming what the user wrote.
 */
export function canonicalOptions<Options extends object>(given: Options, names: readonly OlderName[]): Options {
  const options = plainCopy(given);
  for (const { older, name, isFirst = false, check } of names) {
    // pomelo-rpc passes over a routerType of null.
    const value = isFirst ? (options[older] ?? undefined) : options[older];
    delete options[older];
    if (value === undefined || ((options[name] ?? undefined) !== undefined && !isFirst)) continue;
    check?.(older, value);
    options[name] = value;
  }
  return options as Options;
}

/** The name under which the user gave an option that decides by its older name, for an error that names the option. */
export function writtenName(name: string, given: object, names: readonly OlderName[]): string {
  const isGiven = ({ older }: OlderName): boolean =>
    ((given as Record<string, unknown>)[older] ?? undefined) !== undefined;
  return names.find((each) => each.name === name && each.isFirst === true && isGiven(each))?.older ?? name;
}

/** All properties of an object as its own: options may be inherited from other options, or be getters of a class. */
function plainCopy(given: object): Record<string, unknown> {
  const names = new Set<string>();
  for (let at: object | null = given; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  names.delete('constructor');
  return Object.fromEntries([...names].map((name) => [name, (given as Record<string, unknown>)[name]]));
}

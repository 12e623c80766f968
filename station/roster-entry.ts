import { idOfNumber, portOfDigits, weightOfDigits } from '../lib/compat/numbers.js';
import type { Logger } from '../lib/diagnostics.js';
import { TRANSPORT_NAMES, urlOf } from '../lib/endpoint.js';
import { endpointOfUrl, isEndpointUrl } from '../lib/endpoint-url.js';
import { messageOf, type RpcError } from '../lib/errors.js';
import { hostOption } from '../lib/host.js';
import { fieldsOf, invalid, nonEmptyString, oneOf, requiredInteger, requiredString, unfit } from '../lib/options.js';
import { SERVER_INFO_DEFAULTS, type ServerEntry, type ServerInfo } from '../lib/server-info.js';
import { unknownOptions } from '../lib/unknown-options.js';

const NO_PORT = 'its entry has no port';

/** Fields with a meaning. `id` is required, and too short to be told from other fields by a near name. */
const FIELDS = { serverType: true, host: true, port: true, weight: true, transport: true, url: true } as const;
/** Fields that a URL stands for. */
const URL_FIELDS = ['host', 'port', 'transport'] as const;

/** Server that is known and cannot be called: a gate of pomelo, for one, has only a port for game clients. */
export class Uncallable {
  readonly id: string;
  readonly entry: ServerEntry;
  /** Reason, without the id: `its entry has no port`. */
  readonly why: string;

  constructor(id: string, given: ServerEntry, why: string) {
    this.id = id;
    this.entry = Object.freeze({ ...given, id });
    this.why = why;
  }
}

/**
 * Checks an entry, and makes a frozen copy: later changes of the user's object have no effect. An entry without a port is
 * {@link Uncallable}. An entry without a type has the type '', which no proxy has, so that the server can be called by id
 * only. Throws {@link RpcCode.InvalidArgument} for a field with a value that does not fit.
 */
export function readEntry(given: ServerEntry): ServerInfo | Uncallable {
  return read(given, (why) => {
    throw why;
  });
}

/** `onWeight` is called with the error of a weight that does not fit. The weight is left out where the function returns. */
function read(given: ServerEntry, onWeight: (why: RpcError) => void): ServerInfo | Uncallable {
  if (Array.isArray(given)) throw invalid('addServer() takes one server, got a list: give the list to addServers()');
  fieldsOf('a server', given, 'an object { id, serverType, host, port }');
  const id = idOf(given);
  const { serverType: type, host: address, port: written, weight: heavy, ...others } = placed(given, id);
  const of = `of server ${id}`;
  const serverType = (type ?? '') === '' ? '' : nonEmptyString(`the serverType ${of}`, type);
  const host = (address ?? undefined) === undefined ? {} : { host: hostOption(`the host ${of}`, address) };
  oneOf(`the transport ${of}`, given['transport'], SERVER_INFO_DEFAULTS.transport, TRANSPORT_NAMES);
  const weight = weightOfDigits(heavy) ?? undefined;
  const fits = typeof weight === 'number' && Number.isFinite(weight) && weight > 0;
  if (weight !== undefined && !fits) onWeight(unfit(`the weight ${of}`, 'a number above 0', heavy));
  if ((written ?? '') === '') return new Uncallable(id, given, NO_PORT);
  const port = requiredInteger(`the port ${of}`, portOfDigits(written), 1, 65_535);
  return Object.freeze({ ...others, id, serverType, ...host, port, ...(fits && { weight }) });
}

/**
 * The entry with the host, the port and the transport that its URL names, and with the URL in one form. Beside a port, a URL of
 * another scheme is a field without a meaning here: entries of a project may have one for their own purposes.
 */
function placed(given: ServerEntry, id: string): ServerEntry {
  const { url } = given;
  const isPlaced = (given.port ?? '') !== '';
  if ((url ?? undefined) === undefined || (isPlaced && !isEndpointUrl(url))) return given;
  const [other] = URL_FIELDS.filter((field) => (given[field] ?? undefined) !== undefined);
  if (other !== undefined)
    throw invalid(
      `server ${id} has the fields url and ${other}: leave one of them out, since the URL names the ${other}`,
    );
  const endpoint = endpointOfUrl(`the url of server ${id}`, url);
  const { host, port, transport } = endpoint;
  return { ...given, url: urlOf(endpoint), host, port, transport };
}

/**
 * Does what {@link readEntry} does, and throws for no entry that has an id: such a server cannot be called either. A weight
 * that does not fit is left out, and the reason goes to `onWeight`: only weighted routers read the weight.
 */
export function readAnyEntry(given: ServerEntry, onWeight: (why: RpcError) => void): ServerInfo | Uncallable {
  try {
    return read(given, onWeight);
  } catch (error) {
    if (typeof given !== 'object' || given === null) throw error;
    return new Uncallable(idOf(given), given, messageOf(error));
  }
}

/** Logs fields of an entry that are probably mistyped: without its `host`, for one, a server is sought on 127.0.0.1. */
export function warnOfMistypedFields(entry: ServerEntry, logger: Logger): void {
  const unknown = unknownOptions(entry, { names: FIELDS, ignored: ['id'], onlyNear: true });
  if (unknown.length > 0)
    logger.warn(`mailstation: the entry of server ${entry.id} has fields without a meaning: ${unknown.join(', ')}`);
}

/**
 * Logs a server that cannot be called, or the reason why an entry was left out. A server that has a port for clients of
 * another kind, as a gate of pomelo has, is no mistake, and is not logged.
 */
function logUncallable(server: Uncallable | string, logger: Logger): void {
  if (typeof server === 'string') {
    logger.warn(`mailstation: an entry of a list of servers was left out: ${server}`);
    return;
  }
  warnOfMistypedFields(server.entry, logger);
  if ((server.entry['clientPort'] ?? undefined) === undefined || server.why !== NO_PORT)
    logger.warn(`mailstation: server ${server.id} is known, but cannot be called: ${server.why}`);
}

/** What a roster reports, in the log. */
export function rosterLogs(logger: Logger): {
  onUncallable(server: Uncallable | string): void;
  onWeight(why: string): void;
} {
  return {
    onUncallable: (server) => logUncallable(server, logger),
    onWeight: (why) => logger.warn(`mailstation: ${why}; the weight is left out, and counts as 1`),
  };
}

function idOf(given: ServerEntry): string {
  const named = idOfNumber(given?.id);
  const id =
    named === undefined && given
      ? requiredString('the id of a server', given, 'id')
      : nonEmptyString('the id of a server', named);
  if (id === '*') throw invalid('"*" cannot be the id of a server: it stands for all of a type');
  return id;
}

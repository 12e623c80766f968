import { type Endpoint, hostOf, urlOf, withHost } from '../endpoint.js';
import { endpointOfUrl } from '../endpoint-url.js';
import { hostOption } from '../host.js';
import { fieldsOf, invalid, unfit } from '../options.js';
import { shown } from '../quoted.js';
import type { NonEmpty } from '../server-info.js';

/** Facts about a server that callers read in its registry. */
export interface AdvertiseOptions {
  /** Address or name at which callers reach the server, in place of the one that the server listens on. */
  host?: string | undefined;
  /** Place at which callers reach the server, in place of host, port and transport: `tls://chat-1.example:443`. */
  url?: string | undefined;
  /** Weight for weighted routers. Range: above 0. @default 1 */
  weight?: number | undefined;
  /** Further fields of the entry in the rosters of callers, for custom routers. Values that JSON carries, up to 16,384 characters. */
  fields?: Readonly<Record<string, unknown>> | undefined;
}

export const ADVERTISE_DEFAULTS = Object.freeze({ weight: 1 }) satisfies AdvertiseOptions;

/** The option `advertise`, checked. */
export interface Advertised {
  /** Place of the server, where another place listens than the one that callers dial. */
  readonly endpoint: Endpoint | undefined;
  readonly host: string | undefined;
  readonly weight: number | undefined;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** Addresses that a server can listen on, and that no caller can dial. */
const ANY: readonly string[] = ['0.0.0.0', '::'];
/** Fields are in each list of servers, at each client. */
const MAX_FIELDS = 16_384;

/** Checks the option `advertise` of a server: a host, or an object of options. Throws {@link RpcCode.InvalidArgument}. */
export function resolveAdvertise(given: string | AdvertiseOptions | undefined): Advertised {
  const options = typeof given === 'string' ? { host: given } : (given ?? {});
  fieldsOf('advertise', options, 'a host, or an object { host, url, weight, fields }');
  const { host, url, weight, fields } = options;
  if (host !== undefined && url !== undefined)
    throw invalid('advertise has a host and a url: leave the host out, since the URL names it');
  const isWeight = weight === undefined || (typeof weight === 'number' && Number.isFinite(weight) && weight > 0);
  if (!isWeight) throw unfit('advertise.weight', 'a number above 0', weight);
  const advertised = {
    endpoint: url === undefined ? undefined : endpointOfUrl('advertise.url', url),
    host: host === undefined ? undefined : hostOption('advertise.host', host),
    weight,
    fields: fields === undefined ? undefined : jsonFields(fields),
  };
  const dialled = advertised.endpoint === undefined ? advertised.host : hostOf(advertised.endpoint);
  if (dialled !== undefined && ANY.includes(dialled))
    throw invalid(`advertise names ${dialled}, which no caller can dial: give the address of this machine`);
  return Object.freeze(advertised);
}

/**
 * URL at which callers reach a server that listens at these places: the first one with a host and a port counts. Throws {@link
 * RpcCode.InvalidArgument} for an address that no caller can dial.
 */
export function advertisedUrl(endpoints: NonEmpty<Endpoint>, { endpoint, host }: Advertised): string {
  if (endpoint !== undefined) return urlOf(endpoint);
  const listening = withHost(endpoints);
  if (listening.transport === 'unix') {
    if (host === undefined) return urlOf(listening);
    throw invalid(`advertise names the host ${host}, and the server listens at unix sockets alone: give advertise.url`);
  }
  if (host !== undefined) return urlOf({ ...listening, host });
  if (!ANY.includes(listening.host)) return urlOf(listening);
  throw invalid(
    `the server listens on ${listening.host}, which no caller can dial: give the option advertise, such as advertise: '10.0.0.5' or advertise: os.hostname()`,
  );
}

function jsonFields(given: unknown): Readonly<Record<string, unknown>> {
  const fields = fieldsOf('advertise.fields', given as object, 'an object');
  let text: string;
  try {
    text = JSON.stringify(fields);
  } catch {
    throw invalid(`advertise.fields must hold values that JSON carries, got ${shown(fields)}`);
  }
  if (text.length <= MAX_FIELDS) return JSON.parse(text) as Readonly<Record<string, unknown>>;
  throw invalid(`advertise.fields must have up to ${MAX_FIELDS} characters of JSON, got ${text.length}`);
}

import type { promises, RecordWithTtl, SrvRecord } from 'node:dns';
import { hasCode } from '../../errors.js';
import type { DnsPlace, ResolvedDnsOptions } from './options.js';

/** Place of a server, with the weight of its record where that has one. */
export interface FoundPlace extends DnsPlace {
  readonly weight?: number;
}

export interface Answer {
  readonly places: readonly FoundPlace[];
  /** Shortest time to live of the records; undefined where the answer has none. Unit: ms */
  readonly ttl: number | undefined;
}

/** Codes of a name that has no records of the type that was asked for. */
const NONE: readonly string[] = ['ENODATA', 'ENOTFOUND'];

/** Asks the name for the places of its servers. Rejects with the error of node:dns, and where there are no places. */
export async function lookUp(
  resolver: promises.Resolver,
  { name, port }: Pick<ResolvedDnsOptions, 'name' | 'port'>,
): Promise<Answer> {
  if (port === undefined) return ofServices(await resolver.resolveSrv(name));
  const records = await addressesOf(resolver, name);
  return {
    places: records.map(({ address }) => ({ host: address, port })),
    ttl: Math.min(...records.map(({ ttl }) => ttl)) * 1_000,
  };
}

/** A server of both families is one server, and its addresses of one family suffice. */
async function addressesOf(resolver: promises.Resolver, name: string): Promise<RecordWithTtl[]> {
  try {
    return await resolver.resolve4(name, { ttl: true });
  } catch (error) {
    if (!hasCode(error, NONE)) throw error;
    return resolver.resolve6(name, { ttl: true });
  }
}

/** Records of the most important priority. The target '' says that the service does not exist. Source: RFC 2782. */
function ofServices(records: readonly SrvRecord[]): Answer {
  const best = Math.min(...records.map(({ priority }) => priority));
  const found = records.filter(({ priority, name }) => priority === best && name !== '' && name !== '.');
  if (found.length === 0) throw new Error('the records of type SRV say that the service does not exist');
  const places = found.map(({ name, port, weight }) => ({ host: name, port, ...(weight > 0 && { weight }) }));
  return { places, ttl: undefined };
}

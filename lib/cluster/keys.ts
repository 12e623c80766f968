/** Prefix of the keys on the wire, as cluster-client writes them. */
const PREFIX = '$$inner$$__';

export function wireKey(userKey: string): string {
  return PREFIX + userKey;
}

/** The key as the user's `formatKey` made it, for messages. */
export function userKey(wireKey: string): string {
  return wireKey.startsWith(PREFIX) ? wireKey.slice(PREFIX.length) : wireKey;
}

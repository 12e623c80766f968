/** Prefix of the records of all servers. Keys are relative to the namespace. */
export const NODES = 'nodes/';

/** Key of the record of a server. A slash in a type or an id is escaped. */
export function nodeKey(serverType: string, id: string): string {
  return `${NODES}${encodeURIComponent(serverType)}/${encodeURIComponent(id)}`;
}

export const VIEWS = [
  { id: 'overview', name: 'Overview' },
  { id: 'topology', name: 'Topology' },
  { id: 'servers', name: 'Servers' },
  { id: 'methods', name: 'Methods' },
  { id: 'mailboxes', name: 'Mailboxes' },
  { id: 'errors', name: 'Errors' },
  { id: 'slow', name: 'Slow calls' },
  { id: 'streams', name: 'Streams' },
  { id: 'call', name: 'Call' },
] as const;

export type ViewId = (typeof VIEWS)[number]['id'];

/** View, and entry in it, that the address of the page names. */
export interface Route {
  readonly view: ViewId;
  /** Entry whose details are shown. */
  readonly item: string | undefined;
}

/** Reads the part of an address behind the `#`. */
export function routeOf(hash: string): Route {
  const [, view = '', ...rest] = hash.split('/');
  const item = rest.join('/');
  const known = VIEWS.find(({ id }) => id === view)?.id ?? 'overview';
  return { view: known, item: item === '' ? undefined : decoded(item) };
}

/** Address of a view, or of an entry in it. */
export function hrefOf(view: ViewId, item?: string): string {
  return item === undefined ? `#/${view}` : `#/${view}/${encodeURIComponent(item.toWellFormed())}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // an address that was typed by hand
  }
}

import type { ClientReport, KnownServer } from '../../index.js';
import { printable } from '../../lib/quoted.js';
import { type ListingColumn, listing, wrapped } from '../listing.js';
import { latency, span, whole } from '../terminal/numbers.js';
import type { Paint } from '../terminal/paint.js';

/** A client, for people: the client itself, its servers, and the sources of its list of servers. */
export function clientLines(report: ClientReport, width: number | undefined, paint: Paint): string[] {
  const { state, sharing, open, servers, sources } = report;
  const shared = sharing === null ? 'its own connections' : `shared mailboxes: ${sharing}`;
  const head = wrapped(`client ${state}, ${shared}, ${whole(open)} open calls`, width);
  const of = sources.flatMap(({ source, state: list, age, servers: ids, reason }) => {
    const why = reason === undefined ? '' : `: ${reason.message}`;
    return wrapped(
      `${printable(source)}: ${ids.length} servers, ${list}, ${span(age)} old${printable(why)}`,
      width,
      '  ',
    );
  });
  return [...head.map((line) => paint(line, 'bold')), ...of, '', ...listing(SERVERS, servers, width, paint)];
}

const SERVERS: readonly ListingColumn<KnownServer>[] = [
  { head: 'server', cell: ({ id }) => printable(id) },
  { head: 'type', cell: ({ serverType }) => printable(serverType === '' ? '-' : serverType), rank: 2 },
  { head: 'connection', cell: ({ mailbox, ejected }) => (ejected ? 'ejected' : (mailbox ?? 'none yet')) },
  { head: 'open', cell: ({ open }) => whole(open), align: 'right', rank: 3 },
  { head: 'latency', cell: ({ latency: ms }) => latency(ms), align: 'right', rank: 1 },
  { head: 'place', cell: ({ url }) => printable(url), rank: 4 },
];

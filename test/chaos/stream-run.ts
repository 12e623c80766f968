import type { UntypedMethod } from '../../proxy/typed-method.js';
import type { StreamKind } from './history.js';
import type { StreamLog, StreamOf } from './stream-log.js';

/** In the place of the answer, for a stream that its reader left. */
export const LEFT_EARLY = Symbol('left early');

type Aimed = { route(routeParam: never): unknown; to(serverId: never): unknown };

/** One call with a stream, read and fed. Resolves to whose call it was, as its server says. `call` makes the call. */
export async function runStream(
  kind: StreamKind,
  of: StreamOf,
  count: number,
  log: StreamLog,
  method: UntypedMethod,
  call: (to: Aimed) => unknown,
): Promise<unknown> {
  const source = kind === 'down' ? undefined : log.generate(of, count);
  const calling = source === undefined ? method : method.with({ stream: source });
  if (kind === 'up') return call(calling);
  const stream = call(calling.stream) as AsyncIterator<unknown, unknown>;
  const limit = count % 5 === 4 ? 2 : Number.POSITIVE_INFINITY;
  const returned = await log.read(of, 'down', stream, count, { limit });
  return returned === undefined ? LEFT_EARLY : returned;
}

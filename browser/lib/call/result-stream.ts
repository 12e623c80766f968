import { StreamReader } from '../../../lib/call/stream-reader.js';

/**
 * Stream of the results of one call, for one reader: `for await`, `next()`, or a ReadableStream of the web. docs/streams.md has the
 * deadlines and the ends. A stream that is not read to its end has to be ended: by `break` within `for await`, by `return()`, or by
 * the `signal` of the call.
 */
export class ResultStream<Item = unknown, Returned = unknown> extends StreamReader<Item, Returned> {}

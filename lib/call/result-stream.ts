import { Readable } from 'node:stream';
import { RpcCode } from '../errors.js';
import { StreamReader } from './stream-reader.js';

/**
 * Stream of the results of one call, for one reader: `for await`, `next()`, a Readable of Node or a ReadableStream of the web.
 * docs/streams.md has the deadlines and the ends. A stream that is not read to its end has to be ended: by `break` within
 * `for await`, by `return()`, or by the `signal` of the call.
 */
export class ResultStream<Item = unknown, Returned = unknown> extends StreamReader<Item, Returned> {
  /**
   * Returns the items as a Readable of Node in object mode, which reads one item ahead. An item `null` is an error there, since a
   * Readable ends with `null`.
   */
  toReadable(): Readable {
    this.consumer.take('toReadable()');
    const readable: Readable = new Readable({
      objectMode: true,
      highWaterMark: 1,
      read: () => void this.next().then(push, fail),
      destroy: (error, callback) => {
        void this.return();
        callback(error);
      },
    });
    const fail = (error: Error): void => void readable.destroy(error);
    const push = ({ done, value }: IteratorResult<Item, Returned>): void => {
      if (done === true) readable.push(null);
      else if (value === null)
        fail(
          this.error(
            RpcCode.InvalidArgument,
            'an item is null, which a Readable cannot hold: read the stream with toWeb()',
          ),
        );
      else readable.push(value);
    };
    return readable;
  }
}

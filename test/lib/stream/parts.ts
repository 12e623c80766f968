import { setImmediate as nextTurn } from 'node:timers/promises';
import { Bytes } from '../../../lib/protocol/bytes.js';
import { FrameWriter } from '../../../lib/protocol/frame-writer.js';
import { Framer } from '../../../lib/protocol/framer.js';
import type { FrameView } from '../../../lib/protocol/packet.js';
import type { StreamWindow } from '../../../lib/protocol/stream-window.js';
import type { RawBytes } from '../../../lib/raw-bytes.js';
import type { ItemConnection } from '../../../lib/stream/item-frame.js';
import { SenderTurns } from '../../../lib/stream/sender-turns.js';
import { type Credit, LENGTH_BYTES, writeCount } from '../../../lib/stream/stream-body.js';
import { StreamReceiver } from '../../../lib/stream/stream-receiver.js';
import { StreamSender } from '../../../lib/stream/stream-sender.js';
import { streamSource } from '../../../lib/stream/stream-source.js';
import { StreamTotal } from '../../../lib/stream/stream-total.js';

/** Decodes the texts that {@link frameOf} writes. */
export const TEXT = {
  decode(bytes: RawBytes, start: number, end: number): string {
    const text = bytes.toString('utf8', start, end);
    if (text === 'broken') throw new TypeError('no such text');
    return text;
  },
};

export const WIDE: StreamWindow = { items: 100, bytes: 10_000, total: 100_000 };

/** Body of a frame with these items. */
export function frameOf(sequence: number, ...items: readonly string[]): RawBytes {
  const out = new Bytes();
  writeCount(out, sequence);
  for (const item of items) {
    out.reserve(LENGTH_BYTES);
    out.view.setUint32(out.at, Buffer.byteLength(item));
    out.at += LENGTH_BYTES;
    out.appendUtf8(item);
  }
  return out.written;
}

/** A connection whose frames are read as soon as they are queued. */
export function itemConnection(
  onFrame: (frame: FrameView) => void,
  maxFrameBytes = 4 * 1024 * 1024,
  onEarly = (): void => {},
): ItemConnection {
  const out = new FrameWriter(maxFrameBytes);
  const framer = new Framer(maxFrameBytes, onFrame);
  const connection: ItemConnection = {
    isOpen: true,
    isBlocked: false,
    queuedBytes: 0,
    maxFrameBytes,
    begin: (...head) => {
      out.begin(...head);
      return out;
    },
    commit: () => {
      out.commit();
      out.take((bytes) => framer.push(bytes));
    },
    rollback: () => out.rollback(),
    queue: (...[kind, id, timeoutMs, head, body, isEarly]) => {
      connection.begin(kind, id, timeoutMs, head).append(body, 0, body.length);
      connection.commit();
      if (isEarly === true) onEarly();
    },
  };
  return connection;
}

/** A sender whose events are recorded. Items are texts. */
export function senderOf(
  values: unknown,
  {
    window = WIDE,
    total = new StreamTotal(window.total),
    turns = new SenderTurns({ hasRoom: true }),
    run = (<T>(work: () => T) => work()) as <T>(work: () => T) => T,
  } = {},
): { readonly sender: StreamSender; readonly events: string[]; readonly total: StreamTotal } {
  const events: string[] = [];
  const source = streamSource(values, run);
  if (source === undefined) throw new TypeError('no source');
  const sender = new StreamSender(
    source,
    { window, total, turns },
    {
      write(sequence, item) {
        if (typeof item !== 'string') throw new TypeError('not a text');
        events.push(`${sequence}:${item}`);
        return item.length + LENGTH_BYTES;
      },
      onFull: () => {},
      onDone: (returned) => void events.push(`done ${returned}`),
      onFailed: (error) => void events.push(`failed ${(error as Error).message}`),
      onUnsendable: (error) => void events.push(`unsendable ${(error as Error).message}`),
      onStopped: (error) => void events.push(error === undefined ? 'stopped' : `stopped ${(error as Error).message}`),
    },
  );
  return { sender, events, total };
}

/** A receiver whose port is recorded. */
export function receiverOf({ window = WIDE, total = new StreamTotal(window.total) } = {}): {
  readonly receiver: StreamReceiver;
  readonly credits: Credit[];
  readonly events: string[];
  readonly total: StreamTotal;
  readonly arrive: (sequence: number, ...items: string[]) => string | undefined;
} {
  const credits: Credit[] = [];
  const events: string[] = [];
  const receiver = new StreamReceiver({
    onTaken: (credit) => void credits.push(credit),
    onStopped: (hasEnded) => void events.push(hasEnded ? 'stop after the end' : 'stop'),
    onWaits: () => void events.push('waits'),
    onUndecodable: (error) => new Error(`undecodable: ${(error as Error).message}`),
  });
  receiver.open({ window, total });
  const arrive = (sequence: number, ...items: string[]): string | undefined => {
    const frame = frameOf(sequence, ...items);
    const wrong = receiver.items(frame, 0, frame.length, TEXT);
    frame.fill(0); // as the memory of a connection is used again
    return wrong;
  };
  return { receiver, credits, events, total, arrive };
}

/** Lets the promises of a sender go on. */
export async function settle(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await nextTurn();
}

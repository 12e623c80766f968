import type { Codec } from '../protocol/codec.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { OutgoingStream, OutgoingUpload } from './outgoing-stream.js';

/** The streams of a call. */
interface CallStreams {
  readonly stream: OutgoingStream | undefined;
  readonly upload: OutgoingUpload | undefined;
}

/** Hands a frame to the stream of a call that it belongs to. False where the call has no such stream. */
export function takeStreamFrame({ stream, upload }: CallStreams, head: Head, frame: FrameView, codec: Codec): boolean {
  switch (head.type) {
    case 'stream_items':
      stream?.items(frame, codec);
      return stream !== undefined;
    case 'stream_credit':
      upload?.credit(frame);
      return upload !== undefined;
    case 'stream_stop':
      upload?.stop();
      return upload !== undefined;
    default:
      return false;
  }
}

import type { Codec } from '../protocol/codec.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import type { Connection } from '../transport/connection.js';
import type { AnswerWriter } from './answer-writer.js';
import type { Authorization } from './authorization.js';
import type { Channel } from './channel.js';
import type { ConcurrencyLimit } from './overload.js';

export interface SessionCallsOptions {
  readonly connection: Connection;
  readonly answers: AnswerWriter;
  readonly limit: ConcurrencyLimit;
  /** Rules on who may call what. Undefined: every caller may call all. */
  readonly authorization?: Authorization | undefined;
  /** Origin of the web page that connected. */
  readonly origin?: string | undefined;
  /** Streams that the connection may have open at once. @default 1_000 */
  readonly maxStreams?: number | undefined;
  /** Called when the last call in progress is over. */
  onIdle(): void;
}

/** Terms of a registration that concern calls. */
export interface CallTerms {
  readonly channel: Channel;
  readonly codec: Codec;
  /** The peer reads reports of calls that run late. */
  readonly readsReports: boolean;
  /** How far a stream may be ahead of its consumer there. Undefined: the peer takes no streams. */
  readonly window?: StreamWindow | undefined;
  /** How far an upload may be ahead of its method here. Undefined: this end takes no uploads. */
  readonly uploadWindow?: StreamWindow | undefined;
}

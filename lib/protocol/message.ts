import type { RelayMessage } from './relay-message.js';

/**
 * The heads of packets (cluster-client: conn objects). Those of cluster-client 3.7 are written exactly as it writes
 * them, key order included; what it does not know is sent only to a peer that announced it (see {@link Extension}).
 */
export type RequestHead =
  | { readonly type: 'register_channel'; readonly channelName: string; readonly ext: Extension | undefined }
  | InvokeHead
  | SubscribeHead
  | { readonly type: 'subscribe_result'; readonly key: string }
  | { readonly type: 'heartbeat' }
  /** Send nothing more; answer with `goaway_res`; all that came before that answer is served. */
  | { readonly type: 'goaway' }
  /** Some of the peer's calls run late; the body is a list of which, and for how long: see `progress-reports.ts`. Not answered. */
  | { readonly type: 'progress' }
  /** Nobody waits any more for the answer to the request of this packet's own id. It is not answered itself. */
  | { readonly type: 'cancel' };

export interface InvokeHead {
  readonly type: 'invoke';
  readonly method: string;
  /** Length of the argument list in the body, a leading meta included. */
  readonly argLength: number;
  readonly oneway: boolean;
  /** The list's first item is the call's meta, not an argument. */
  readonly meta: boolean;
}

export interface SubscribeHead {
  readonly type: 'subscribe' | 'unSubscribe';
  readonly key: string;
  /** What is subscribed to, as the subscriber gave it. */
  readonly reg: unknown;
}

/** An invoke that goes on to another server: `to` is what its sender calls that. See {@link RelayMessage}. */
export interface RelayHead extends Omit<InvokeHead, 'type'> {
  readonly type: 'relay';
  readonly to: number;
}

export type ResponseHead =
  | { readonly type: 'register_channel_res'; readonly ext: Extension | undefined }
  | InvokeResultHead
  | { readonly type: 'heartbeat_res' | 'subscribe_result_res' | 'goaway_res' };

export interface InvokeResultHead {
  readonly type: 'invoke_result';
  readonly success: boolean;
  /** The body is a list of so many results. Undefined: the body is one encoded result, or nothing. */
  readonly results: number | undefined;
  /** The failure is mailstation's own, with this code, and not an error of the called method. */
  readonly code: string | undefined;
}

/** A head that is JSON, but none of ours: `reason` says why, for the answer to its sender. */
export interface InvalidHead {
  readonly type: 'invalid';
  readonly reason: string;
}

export type Head = RequestHead | ResponseHead | RelayHead | RelayMessage | InvalidHead;

/**
 * What two of our own ends say to each other when registering, and stock peers ignore. In the request: what the
 * Follower can; in the answer: what was chosen. Fields that are not known are ignored.
 */
export interface Extension {
  /** Of this extension, not of the package. @default 1 */
  readonly version: number;
  /** Codec names, the preferred one first; in the answer, the one. */
  readonly codecs: readonly string[];
  /** What may be sent to me beyond cluster-client's own: `results`, `meta`, `goaway`, `progress`, `cancel`. */
  readonly features: readonly string[];
  /** The largest frame that I take, so that a larger one is refused where it would be sent. */
  readonly maxFrameBytes?: number;
  /** Only in the answer: the process that holds the port. */
  readonly holder?: PortHolder;
}

/** Who holds a port, for those who would like to have it. */
export interface PortHolder {
  /** The package that it speaks through, and its version. */
  readonly name?: string;
  readonly version?: string;
  readonly pid: number;
  /** The channels that it leads; `*` for one that takes Followers of whatever channel. */
  readonly channels: readonly string[];
}

export const EXTENSION_VERSION = 1;
export type Feature = 'results' | 'meta' | 'goaway' | 'progress' | 'cancel';
export const FEATURES: readonly Feature[] = ['results', 'meta', 'goaway', 'progress', 'cancel'];

/** The most arguments, or results, that one list may have. */
export const MAX_ITEMS = 4096;

function bytesOf(head: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(JSON.stringify(head));
}

/** Heads that never vary, encoded once. */
export const HEAD = {
  heartbeat: bytesOf({ type: 'heartbeat' }),
  heartbeatRes: bytesOf({ type: 'heartbeat_res' }),
  goaway: bytesOf({ type: 'goaway' }),
  goawayRes: bytesOf({ type: 'goaway_res' }),
  progress: bytesOf({ type: 'progress' }),
  cancel: bytesOf({ type: 'cancel' }),
  subscribeResultRes: bytesOf({ type: 'subscribe_result_res' }),
  /** A stock peer's answer: its body is the first result. */
  success: bytesOf({ type: 'invoke_result', success: true }),
  failure: bytesOf({ type: 'invoke_result', success: false }),
  /** For a request whose type is not known: an answer always has a conn object, or a stock peer's parser throws. */
  empty: bytesOf({}),
} as const;

/** Of the answer to a request of a Leader's own. It always has a conn object, or a stock peer's parser throws. */
export function answerHead(request: Head): Uint8Array {
  if (request.type === 'heartbeat') return HEAD.heartbeatRes;
  if (request.type === 'goaway') return HEAD.goawayRes;
  return request.type === 'subscribe_result' ? HEAD.subscribeResultRes : HEAD.empty;
}

export function registerHead(channelName: string, ext: Extension | undefined): Buffer {
  return bytesOf({ type: 'register_channel', channelName, ext });
}

export function registerResHead(ext: Extension | undefined): Buffer {
  return bytesOf({ type: 'register_channel_res', ext });
}

/** `key` is what both ends call the subscription; `reg` is what it is made with, and travels as JSON. */
export function subscribeHead(type: 'subscribe' | 'unSubscribe', key: string, reg: unknown): Buffer {
  return bytesOf({ type, key, reg });
}

export function subscribeResultHead(key: string): Buffer {
  return bytesOf({ type: 'subscribe_result', key });
}

/** `to`: by way of a relay, which knows the server by this number. */
export function invokeHead(method: string, argLength: number, oneway: boolean, meta: boolean, to?: number): Buffer {
  const head = { type: to === undefined ? 'invoke' : 'relay', to, method, argLength, oneway };
  return bytesOf(meta ? { ...head, meta: 1 } : head);
}

const resultHeads: Buffer[] = [];

/** The answer's head for a list of `count` results; few counts occur, so each is encoded once. */
export function resultsHead(count: number): Buffer {
  const known = resultHeads[count];
  if (known !== undefined) return known;
  const head = bytesOf({ type: 'invoke_result', success: true, results: count });
  if (count < 16) resultHeads[count] = head;
  return head;
}

export function failureHead(code: string): Buffer {
  return bytesOf({ type: 'invoke_result', success: false, code });
}

import { type CallerProcess, writeCallerProcess } from '../caller-process.js';
import type { FalsyFirst } from '../falsy-first.js';
import { jsonText } from '../json-text.js';
import { bytesOfText, type RawBytes } from '../raw-bytes.js';
import type { Term } from '../term.js';
import type { AuthChallenge, AuthOffer, AuthProof } from './auth-message.js';
import type { RelayMessage } from './relay-message.js';
import type { StreamWindow } from './stream-window.js';

/**
 * Heads of requests (cluster-client: conn objects). Heads of cluster-client 3.7 are written exactly as cluster-client writes
 * them, key order included. Other heads are sent only to a peer that announced the feature (see {@link Extension}).
 */
type RequestHead =
  | { readonly type: 'register_channel'; readonly channelName: string; readonly ext: Extension | undefined }
  | RegisterProofHead
  | InvokeHead
  | SubscribeHead
  | { readonly type: 'subscribe_result'; readonly key: string }
  | { readonly type: 'heartbeat' }
  /** The receiver sends no more calls, and answers with `goaway_res`; calls that arrive before that answer are served. */
  | { readonly type: 'goaway' }
  /** Calls of the receiver run late; the body is a list of reports: see `progress-reports.ts`. Has no answer. */
  | { readonly type: 'progress' }
  /** The caller does not wait any more for the answer to the request with this packet's id. Has no answer. */
  | { readonly type: 'cancel' }
  /** The caller has taken items of the stream with this packet's id; the body says how many. Has no answer. */
  | { readonly type: 'stream_credit' }
  /** The body says how many bytes of items of streams have arrived on the connection. Has id 0 and no answer. */
  | { readonly type: 'stream_received' }
  /** Items of the upload of the call with this packet's id. Has no answer. */
  | { readonly type: 'stream_items' }
  /** The upload of the call with this packet's id has ended. Has no answer. */
  | { readonly type: 'stream_end' };

/** Third message of a registration with a secret. `ext` has what a Leader may know only after its own proof. */
export interface RegisterProofHead {
  readonly type: 'register_proof';
  readonly auth: AuthProof | undefined;
  readonly ext: Extension | undefined;
}

export interface InvokeHead {
  readonly type: 'invoke';
  readonly method: string;
  /** Number of items in the body's list, including the trace context and the meta. */
  readonly argLength: number;
  readonly oneway: boolean;
  /** True where an item of the list before the arguments is the call's meta. */
  readonly meta: boolean;
  /** True where the first item of the list is the trace context of the call: see `trace-item.ts`. The meta, if there is one, comes next. */
  readonly trace?: true;
  /** Name of the client that makes the call, where another process relays the call. Not proved by anything. */
  readonly caller?: string;
  /** The caller wants the results as a stream. */
  readonly stream?: StreamTime;
  /** Items for the method follow, as a stream. */
  readonly upload?: true;
}

/** Part of a stream that the packet's timeout bounds: the time to the first item, or the whole stream. */
export type StreamTime = 'first' | 'whole';

export interface SubscribeHead {
  readonly type: 'subscribe' | 'unSubscribe';
  readonly key: string;
  /** The subscription, as the subscriber gave it. */
  readonly reg: unknown;
}

/** A call that the receiver relays to a server. `to` is the number that the sender gave that server, see {@link RelayMessage}. */
export interface RelayHead extends Omit<InvokeHead, 'type'> {
  readonly type: 'relay';
  readonly to: number;
}

type ResponseHead =
  | { readonly type: 'register_channel_res'; readonly ext: Extension | undefined }
  | { readonly type: 'register_challenge'; readonly auth: AuthChallenge | undefined }
  | InvokeResultHead
  /** Items of the stream with this packet's id. */
  | { readonly type: 'stream_items' }
  /** The method has taken items of the upload with this packet's id; or wants no more of them. */
  | { readonly type: 'stream_credit' | 'stream_stop' }
  | { readonly type: 'heartbeat_res' | 'subscribe_result_res' | 'goaway_res' };

export interface InvokeResultHead {
  readonly type: 'invoke_result';
  readonly success: boolean;
  /** Number of results in the body's list. Undefined: the body is one encoded result, or empty. */
  readonly results: number | undefined;
  /** The value that the method gave its callback in the place of the error, where that is 0, false or ''. */
  readonly first?: FalsyFirst;
  /** Code of a failure of the server itself; undefined for an error of the called method. */
  readonly code: string | undefined;
  /** With a refusal: time after which another attempt may find room. Unit: ms */
  readonly retryAfter?: number;
}

/** A JSON object that is not a valid head. `reason` goes into the answer to the sender. */
export interface InvalidHead {
  readonly type: 'invalid';
  readonly reason: string;
}

export type Head = RequestHead | ResponseHead | RelayHead | RelayMessage | InvalidHead;

/**
 * Extension of the registration between two ends of this package, which stock peers ignore. The request has the abilities of
 * the Follower; the answer has the choice of the Leader. Unknown fields are ignored.
 */
export interface Extension {
  /** Version of this extension, not of the package. @default 1 */
  readonly version: number;
  /** Names of codecs, the preferred one first; in the answer, the chosen one. */
  readonly codecs: readonly string[];
  /** Features that the sender accepts beyond cluster-client: see {@link Feature}. */
  readonly features: readonly string[];
  /** How far a stream that is sent to the sender may be ahead of its consumer there. Missing: the sender takes no streams. */
  readonly stream?: StreamWindow;
  /** Largest frame that the sender accepts, so that the peer refuses a larger frame before sending. Unit: bytes */
  readonly maxFrameBytes?: number;
  /** Process that holds the port; in the answer only, and only to a peer that may know it. */
  readonly holder?: PortHolder;
  /** Asks for the holder of the port in a refusal too; in the request only. */
  readonly asksHolder?: boolean;
  /**
   * Random text that a port's holder makes when it is made, in the answer only: another process at the same address has another.
   */
  readonly generation?: string;
  /** Term of the Leader, in the answer of a server that an election has made the Leader; announced as the feature `term`. */
  readonly term?: Term;
  /** Name that the Follower's client gave itself; in the request only. Not proved by anything. */
  readonly clientId?: string;
  /** Process of the Follower; in the request only. Not proved by anything. */
  readonly process?: CallerProcess;
  /** Offer of a Follower to prove that it knows a secret; in `register_channel` only. */
  readonly auth?: AuthOffer;
  /** Value that the Leader's `authenticate` gets; in the request only, or in `register_proof` where secrets are proven. */
  readonly token?: unknown;
}

/** Fields of {@link Extension} that a Follower sends with its proof. */
export type RegisterProofExtension = Pick<Extension, 'version' | 'asksHolder' | 'clientId' | 'process' | 'token'>;

/** The process that holds a port, for the message of a process that wants the port. */
export interface PortHolder {
  /** Name of the package that the process uses. */
  readonly name?: string;
  readonly version?: string;
  readonly pid: number;
  /** Channels that the process leads; `*` where the process accepts Followers of any channel. */
  readonly channels: readonly string[];
}

/** Parts of a refusal beside its code and its message. */
export interface RefusalDetail {
  /** Error for which the Leader has failed. */
  readonly failure?: Error | undefined;
  /** Process that holds the port, for a peer that may know it. */
  readonly holder?: PortHolder | undefined;
}

export const EXTENSION_VERSION = 1;
export type Feature =
  | 'results'
  | 'meta'
  | 'goaway'
  | 'progress'
  | 'cancel'
  | 'stream'
  | 'caller'
  | 'trace'
  | 'values'
  | 'term';
export const FEATURES: readonly Feature[] = ['results', 'meta', 'goaway', 'progress', 'cancel', 'stream'];
/** Features that a Leader announces: only a Follower sends calls, with the names of their callers and their trace context. */
export const LEADER_FEATURES: readonly Feature[] = [...FEATURES, 'caller', 'trace'];

/** Largest number of arguments, or results, in one list. */
export const MAX_ITEMS = 4096;

/** Bytes of a head, key order included. */
export function bytesOf(head: Readonly<Record<string, unknown>>): RawBytes {
  return bytesOfText(jsonText(head));
}

/** Heads without variable parts, encoded once. */
export const HEAD = {
  heartbeat: bytesOf({ type: 'heartbeat' }),
  heartbeatRes: bytesOf({ type: 'heartbeat_res' }),
  goaway: bytesOf({ type: 'goaway' }),
  goawayRes: bytesOf({ type: 'goaway_res' }),
  progress: bytesOf({ type: 'progress' }),
  cancel: bytesOf({ type: 'cancel' }),
  streamItems: bytesOf({ type: 'stream_items' }),
  streamCredit: bytesOf({ type: 'stream_credit' }),
  streamReceived: bytesOf({ type: 'stream_received' }),
  streamEnd: bytesOf({ type: 'stream_end' }),
  streamStop: bytesOf({ type: 'stream_stop' }),
  /** Head of an answer to a stock peer: the body is the first result. */
  success: bytesOf({ type: 'invoke_result', success: true }),
  failure: bytesOf({ type: 'invoke_result', success: false }),
  /** Head of an answer to a request of unknown type. An answer always has a head, or a stock peer's parser throws. */
  empty: bytesOf({}),
} as const;

/** Head of the answer to a request of a Leader that is no value. An answer always has a head, or a stock peer's parser throws. */
export function answerHead(request: Head): Uint8Array {
  if (request.type === 'heartbeat') return HEAD.heartbeatRes;
  return request.type === 'goaway' ? HEAD.goawayRes : HEAD.empty;
}

export function registerHead(channelName: string, ext: Extension | undefined): RawBytes {
  return bytesOf({ type: 'register_channel', channelName, ext: ext && wireExtension(ext) });
}

export function registerChallengeHead(auth: AuthChallenge): RawBytes {
  return bytesOf({ type: 'register_challenge', auth });
}

export function registerProofHead(auth: AuthProof, ext: RegisterProofExtension): RawBytes {
  return bytesOf({ type: 'register_proof', auth, ext: wireExtension(ext) });
}

function wireExtension(ext: RegisterProofExtension): Readonly<Record<string, unknown>> {
  const { asksHolder, process } = ext;
  return {
    ...ext,
    ...(asksHolder === true && { asksHolder: 1 }),
    ...(process !== undefined && { process: writeCallerProcess(process) }),
  };
}

export function registerResHead(ext: Extension | undefined): RawBytes {
  return bytesOf({ type: 'register_channel_res', ext });
}

/** `key` identifies the subscription at both ends; `reg` is the subscription itself, and travels as JSON. */
export function subscribeHead(type: 'subscribe' | 'unSubscribe', key: string, reg: unknown): RawBytes {
  return bytesOf({ type, key, reg });
}

/**
 * `to`: number under which a relay knows the server; undefined for a call that goes to the server. `caller`: name of the
 * client that makes the call, where the connection does not belong to that client. `stream`: the results are to be a stream. `trace`: the
 * first item of the body is the trace context.
 */
export function invokeHead(
  method: string,
  argLength: number,
  oneway: boolean,
  meta: boolean,
  to?: number,
  caller?: string,
  stream?: StreamTime,
  upload = false,
  trace = false,
): RawBytes {
  const head = { type: to === undefined ? 'invoke' : 'relay', to, method, argLength, oneway };
  const more = {
    ...(trace && { trace: 1 }),
    caller,
    ...(stream && { stream: 1 }),
    ...(stream === 'whole' && { whole: 1 }),
    ...(upload && { upload: 1 }),
  };
  return bytesOf(meta ? { ...head, meta: 1, ...more } : { ...head, ...more });
}

const resultHeads: RawBytes[] = [];

/** Head of an answer with a list of `count` results. Few counts occur, so each head is encoded once. */
export function resultsHead(count: number, first?: FalsyFirst): RawBytes {
  if (first !== undefined) return bytesOf({ type: 'invoke_result', success: true, results: count, first });
  const known = resultHeads[count];
  if (known !== undefined) return known;
  const head = bytesOf({ type: 'invoke_result', success: true, results: count });
  if (count < 16) resultHeads[count] = head;
  return head;
}

/** `retryAfter` is left out where it is undefined. */
export function failureHead(code: string, retryAfter?: number): RawBytes {
  return bytesOf({ type: 'invoke_result', success: false, code, retryAfter });
}

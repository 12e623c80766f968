import { readCallerProcess } from '../caller-process.js';
import { isClientId } from '../client-id.js';
import { RpcCode, RpcError } from '../errors.js';
import { isFalsyFirst } from '../falsy-first.js';
import { jsonText } from '../json-text.js';
import { MAX_TIMEOUT_MS } from '../options.js';
import { isTerm } from '../term.js';
import { readAuthChallenge, readAuthOffer, readAuthProof } from './auth-message.js';
import { isGeneration } from './generation.js';
import { type Extension, type Head, type InvalidHead, type InvokeHead, MAX_ITEMS, type PortHolder } from './message.js';
import { parseJson } from './parse-json.js';
import { isTarget, readRelayMessage } from './relay-message.js';
import { readStreamWindow } from './stream-window.js';

/** Smallest limit on frames that is respected: the answer with an error must fit. Unit: bytes */
const MIN_FRAME_BYTES = 1024;

/** Number of characters that are kept of a name or a version that a peer sends. */
const MAX_NAME = 64;

/** Parses a head. Throws {@link RpcCode.Protocol} for text that is not a JSON object: the peer's framing is not to be trusted then. */
export function parseHead(json: string): Head {
  let value: unknown;
  try {
    value = json === '' ? {} : parseJson(json);
  } catch (error) {
    throw new RpcError(RpcCode.Protocol, `the peer sent a head that is not JSON: ${quote(json)}`, {
      cause: error,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RpcError(RpcCode.Protocol, `the peer sent a head that is not an object: ${quote(json)}`);
  }
  return Object.freeze(validate(value as Record<string, unknown>));
}

function validate(head: Record<string, unknown>): Head {
  const type = head['type'];
  switch (type) {
    case 'invoke':
      return validateInvoke(head);
    case 'invoke_result':
      return {
        type,
        success: head['success'] === true,
        results: isCount(head['results']) ? head['results'] : undefined,
        code: typeof head['code'] === 'string' ? head['code'] : undefined,
        ...(isFalsyFirst(head['first']) && { first: head['first'] }),
        ...(isTime(head['retryAfter']) && { retryAfter: head['retryAfter'] }),
      };
    case 'register_channel': {
      const channelName = head['channelName'];
      if (typeof channelName !== 'string') return invalid('register_channel without a channelName');
      return { type, channelName, ext: validateExtension(head['ext']) };
    }
    case 'register_proof':
      return { type, auth: readAuthProof(head['auth']), ext: validateExtension(head['ext']) };
    case 'register_challenge':
      return { type, auth: readAuthChallenge(head['auth']) };
    case 'register_channel_res':
      return { type, ext: validateExtension(head['ext']) };
    case 'subscribe':
    case 'unSubscribe':
      return typeof head['key'] === 'string'
        ? { type, key: head['key'], reg: head['reg'] }
        : invalid(`${type} without a key`);
    case 'subscribe_result':
      return typeof head['key'] === 'string' ? { type, key: head['key'] } : invalid(`${type} without a key`);
    case 'heartbeat':
    case 'heartbeat_res':
    case 'subscribe_result_res':
    case 'goaway':
    case 'goaway_res':
    case 'progress':
    case 'cancel':
    case 'stream_items':
    case 'stream_credit':
    case 'stream_received':
    case 'stream_end':
    case 'stream_stop':
      return { type };
    case 'relay':
      return validateRelay(head);
    default:
      return (
        readRelayMessage(head) ??
        invalid(typeof type === 'string' ? `type ${quote(type)} is not known` : 'a head without a type')
      );
  }
}

function validateRelay(head: Record<string, unknown>): Head {
  const { to } = head;
  if (!isTarget(to)) return invalid('relay without a number to relay to');
  const invoke = validateInvoke(head);
  return invoke.type === 'invoke' ? { ...invoke, type: 'relay', to } : invoke;
}

function validateInvoke(head: Record<string, unknown>): InvokeHead | InvalidHead {
  const { method, argLength, oneway, meta, trace, caller, stream, whole, upload } = head;
  if (typeof method !== 'string') return invalid('invoke without a method');
  if (!isCount(argLength)) return invalid(`invoke with an argLength that is not a count from 0 to ${MAX_ITEMS}`);
  if (trace === 1 && argLength === 0) return invalid('invoke with a trace context that the argLength does not count');
  const plain: InvokeHead = { type: 'invoke', method, argLength, oneway: oneway === true, meta: meta === 1 };
  const invoke: InvokeHead = trace === 1 ? { ...plain, trace: true } : plain;
  if (stream !== 1 && upload !== 1) return isClientId(caller) ? { ...invoke, caller } : invoke;
  if (oneway === true) return invalid('invoke with a stream for a one-way call, which has no results');
  return {
    ...invoke,
    ...(isClientId(caller) && { caller }),
    ...(stream === 1 && { stream: whole === 1 ? 'whole' : 'first' }),
    ...(upload === 1 && { upload: true }),
  };
}

function validateExtension(ext: unknown): Extension | undefined {
  if (typeof ext !== 'object' || ext === null) return undefined;
  const {
    version,
    codecs,
    features,
    maxFrameBytes,
    holder,
    asksHolder,
    clientId,
    process,
    generation,
    auth,
    token,
    stream,
    term,
  } = ext as Record<string, unknown>;
  if (!Number.isInteger(version)) return undefined;
  const holding = validateHolder(holder);
  const caller = readCallerProcess(process);
  const offer = readAuthOffer(auth);
  const window = readStreamWindow(stream);
  return {
    version: version as number,
    codecs: strings(codecs),
    features: strings(features),
    ...(Number.isInteger(maxFrameBytes) && { maxFrameBytes: Math.max(MIN_FRAME_BYTES, maxFrameBytes as number) }),
    ...(holding && { holder: holding }),
    ...(asksHolder === 1 && { asksHolder: true }),
    ...(isClientId(clientId) && { clientId }),
    ...(caller && { process: caller }),
    ...(isGeneration(generation) && { generation }),
    ...(isTerm(term) && { term: { store: term.store, revision: term.revision } }),
    ...(offer && { auth: offer }),
    ...(window && { stream: window }),
    ...(token !== undefined && { token }),
  };
}

function validateHolder(holder: unknown): PortHolder | undefined {
  if (typeof holder !== 'object' || holder === null) return undefined;
  const { pid, channels, name, version } = holder as Record<string, unknown>;
  if (!Number.isInteger(pid)) return undefined;
  return {
    ...(typeof name === 'string' && { name: name.slice(0, MAX_NAME) }),
    ...(typeof version === 'string' && { version: version.slice(0, MAX_NAME) }),
    pid: pid as number,
    channels: strings(channels),
  };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').slice(0, 64) : [];
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ITEMS;
}

/** A time that a timer can wait for. Unit: ms */
function isTime(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TIMEOUT_MS;
}

/** The start of a peer's text, on one line and without control characters, since the text appears in logs. */
function quote(text: string): string {
  return jsonText(text.slice(0, 80));
}

function invalid(reason: string): InvalidHead {
  return { type: 'invalid', reason };
}

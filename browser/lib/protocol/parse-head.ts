import { RpcCode, RpcError } from '../../../lib/errors.js';
import { isGeneration } from '../../../lib/protocol/generation.js';
import type { Extension, Head } from '../../../lib/protocol/message.js';
import { parseJson } from '../../../lib/protocol/parse-json.js';
import { readStreamWindow } from '../../../lib/protocol/stream-window.js';
import { quoted } from '../../../lib/quoted.js';

const BARE: readonly unknown[] = [
  'heartbeat',
  'heartbeat_res',
  'goaway',
  'progress',
  'stream_items',
  'stream_credit',
  'stream_stop',
];

/** Parses the head of a packet that a server sends to a caller. Throws {@link RpcCode.Protocol} for text that is not a JSON object. */
export function parseHead(json: string): Head {
  let head: Record<string, unknown>;
  try {
    head = Object(parseJson(json));
  } catch (error) {
    throw new RpcError(RpcCode.Protocol, `the peer sent a head that is not JSON: ${quoted(json)}`, { cause: error });
  }
  return Object.freeze(read(head));
}

function read(head: Record<string, unknown>): Head {
  const { type, results, code, retryAfter } = head;
  if (type === 'invoke_result')
    return {
      type,
      success: head['success'] === true,
      results: isCount(results) ? results : undefined,
      code: typeof code === 'string' ? code : undefined,
      ...(isCount(retryAfter) && { retryAfter }),
    };
  if (type === 'register_channel_res') return { type, ext: extension(head['ext']) };
  return BARE.includes(type)
    ? (head as never)
    : { type: 'invalid', reason: `type ${quoted(String(type))} is not known` };
}

function extension(ext: unknown): Extension | undefined {
  const { version, codecs, features, maxFrameBytes, generation, stream } = Object(ext) as Record<string, unknown>;
  if (!isCount(version)) return undefined;
  const window = readStreamWindow(stream);
  return {
    version,
    codecs: texts(codecs),
    features: texts(features),
    ...(isCount(maxFrameBytes) && { maxFrameBytes }),
    ...(isGeneration(generation) && { generation }),
    ...(window && { stream: window }),
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

import { RpcCode, RpcError } from '../errors.js';
import type { RawBytes } from '../raw-bytes.js';
import { isHttp, isTlsHandshake } from './foreign-bytes.js';

/** Record of TLS: the fatal alert `unexpected_message`, of version 1.2. Every version reads it. */
const TLS_ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 10]);
const NO_TLS = Buffer.from('mailstation: this port does not speak TLS\n');

const NO_HTTP = http('400 Bad Request', [], 'this port does not speak HTTP');
const NEEDS_TLS = http(
  '426 Upgrade Required', // Source: RFC 2817, 4.2
  ['upgrade: TLS/1.2', 'connection: upgrade, close'],
  'this port speaks TLS: connect by https:// or wss://',
);

function http(status: string, headers: readonly string[], text: string): Buffer {
  const body = `mailstation: ${text}\n`;
  const all = [...headers, 'content-type: text/plain', `content-length: ${body.length}`];
  if (headers.length === 0) all.push('connection: close');
  return Buffer.from([`HTTP/1.1 ${status}`, ...all, '', body].join('\r\n'));
}

/** The error of a peer that speaks another protocol. */
export class ForeignError extends RpcError {
  /** Bytes that a Leader sends to such a peer before the end; undefined where the peer would not understand any. */
  readonly answer: RawBytes | undefined;

  constructor(message: string, answer: RawBytes | undefined) {
    super(RpcCode.Protocol, message);
    this.answer = answer;
  }
}

/** Answer of a place without TLS to the first bytes of a peer: one from which the peer learns what it has met. */
export function answerWithoutTls(bytes: RawBytes, at: number): Buffer | undefined {
  if (isTlsHandshake(bytes, at)) return NO_TLS;
  return isHttp(bytes, at) ? NO_HTTP : undefined;
}

/** Answer of a place with TLS to the first bytes of a peer that speaks none, and the reason for the log. */
export function answerWithTls(bytes: RawBytes): { readonly answer: Buffer; readonly why: string } {
  const protocol = isHttp(bytes, 0) ? 'HTTP without TLS' : 'no TLS';
  const answer = isHttp(bytes, 0) ? NEEDS_TLS : TLS_ALERT;
  return {
    answer,
    why: `the peer speaks ${protocol}, and this place speaks TLS: give both ends the same address and transport`,
  };
}

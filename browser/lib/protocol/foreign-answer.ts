import { RpcCode, RpcError } from '../errors.js';
import type { RawBytes } from '../raw-bytes.js';

/** The error of a peer that speaks another protocol. A page answers no such peer. */
export class ForeignError extends RpcError {
  readonly answer: RawBytes | undefined = undefined;

  constructor(message: string, _answer: RawBytes | undefined) {
    super(RpcCode.Protocol, message);
  }
}

export function answerWithoutTls(_bytes: RawBytes, _at: number): RawBytes | undefined {
  return undefined;
}

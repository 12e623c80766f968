import type { RpcCode } from '../../../lib/errors.js';

/** In a page the event `error` has no number of pomelo. */
export type PomeloCode = 0;

export function pomeloCode(_code: RpcCode): PomeloCode {
  return 0;
}

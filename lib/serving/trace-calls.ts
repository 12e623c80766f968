import type { Logger } from '../diagnostics.js';
import { codeOf } from '../error-parts.js';
import { RpcCode } from '../errors.js';
import { printable } from '../quoted.js';
import type { CallObserver } from './call-ends.js';

/** Logs how each call ended, without arguments and results. Source: pomelo-rpc, `rpcDebugLog`. */
export function traceCalls(server: string, logger: Logger): CallObserver {
  const log = (method: string, outcome: string, micros: number): void =>
    logger.info(
      `[mailstation trace] ${server} ${printable(method)} answered: ${printable(outcome)} ${(micros / 1_000).toFixed(1)} ms`,
    );
  return {
    isOn: true,
    begun() {},
    ended({ method }, outcome, code, error, micros) {
      const own = code === RpcCode.Remote && error !== undefined ? (codeOf(error) ?? error.name) : code;
      log(method, String(own ?? outcome), micros);
    },
    refused({ method }, _error, code) {
      log(method, code, 0);
    },
  };
}

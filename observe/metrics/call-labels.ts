import type { RpcCode } from '../../lib/errors.js';
import type { Labels } from './families.js';

/** Labels of the duration of a call, as the conventions of OpenTelemetry name them. `code`: undefined for a call that went well. */
export function callLabels(method: string, code: RpcCode | undefined): Labels {
  return {
    rpc_system_name: 'mailstation',
    rpc_method: method,
    rpc_status_code: code ?? 'OK',
    error_type: code ?? '',
  };
}

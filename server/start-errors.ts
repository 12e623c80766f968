import { RpcCode, RpcError } from '../lib/errors.js';
import type { ServerState } from './state.js';

export function startedTwice(state: ServerState): RpcError {
  return new RpcError(RpcCode.Closed, `the server cannot be started twice: the state is ${state}; make another server`);
}

export function stoppedWhileStarting(): RpcError {
  return new RpcError(RpcCode.Closed, 'the server was stopped while it was starting');
}

export function cannotStart(state: ServerState): RpcError {
  return new RpcError(RpcCode.Closed, `the server cannot be started: the state is ${state}`);
}

import { RpcCode, RpcError } from '../errors.js';
import { printable, quoted } from '../quoted.js';
import type { NodeRecord } from './record.js';
import type { Held } from './record-claim.js';

/** `registry`: in the middle of a sentence. */
export function idInUse({ id }: NodeRecord, registry: string, { holder, text }: Held): RpcError {
  const other =
    holder === undefined
      ? `the record of another server has that id, and cannot be read: ${quoted(text)}`
      : `another server has that id, at ${printable(holder.url)} on the machine ${quoted(holder.machine)}, started ${timeOf(holder)}`;
  const message = `the server ${quoted(id)} cannot be registered in ${registry}: ${other}; stop one of the two, or give them different ids`;
  return new RpcError(RpcCode.IdInUse, message, { serverId: id });
}

/** `reason`: the last failure; undefined where no answer came at all. */
export function notRegistered({ id }: NodeRecord, registry: string, ms: number, reason = 'no answer came'): RpcError {
  const message = `the server ${quoted(id)} could not be registered in ${registry} within ${ms} ms: ${reason}`;
  return new RpcError(RpcCode.Registry, message, { serverId: id });
}

export function refusedRegistration({ id }: NodeRecord, registry: string, reason: RpcError): RpcError {
  const message = `the server ${quoted(id)} cannot be registered in ${registry}: ${reason.message}`;
  return new RpcError(reason.code, message, { serverId: id, cause: reason });
}

export function registrationOver({ id }: NodeRecord): RpcError {
  return new RpcError(RpcCode.Closed, `the registration of the server ${quoted(id)} is over`, { serverId: id });
}

/** The clock of that machine may say anything. */
function timeOf({ started }: NodeRecord): string {
  const time = new Date(started);
  return Number.isNaN(time.getTime()) ? 'at an unknown time' : `at ${time.toISOString()}`;
}

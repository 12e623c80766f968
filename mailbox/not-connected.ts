import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { describeEndpoint, endpointOf } from '../lib/endpoint.js';
import type { RpcError } from '../lib/errors.js';
import { RpcCode } from '../lib/errors.js';
import { connectAdvice } from './connect-advice.js';
import type { MailBox } from './mailbox.js';

/** Code for a call whose server was not reached. A Leader whose term is over was reached, and is not called. */
export function codeOutOfReach({ code }: RpcError): RpcCode {
  return code === RpcCode.StaleLeader ? code : RpcCode.Connect;
}

/** Makes the error of a call that waited for a mailbox until its deadline. */
export function notConnected(call: OutgoingCall, mailbox: MailBox | undefined): RpcError {
  const { count, forMs, isAccepted } = mailbox?.attempts ?? { count: 0, forMs: 0, isAccepted: false };
  const failure = mailbox?.lastFailure;
  const unprepared = mailbox?.unprepared;
  if (unprepared !== undefined) {
    const code = failure === undefined ? RpcCode.Timeout : RpcCode.Connect;
    return call.lateError(code, `not sent within ${call.timeout} ms: ${unprepared}`, 'not-sent', { cause: failure });
  }
  const about = { said: call.saidStage, connectAttempts: count, cause: failure };
  const address = mailbox === undefined ? 'a server' : describeEndpoint(endpointOf(mailbox.server));
  if (failure !== undefined) {
    const attempts =
      count === 1 ? `1 attempt to connect in ${forMs} ms` : `${count} attempts to connect in ${forMs} ms`;
    const last = `the last failure: ${failure.message}${connectAdvice(failure)}`;
    const why = `not connected to ${address} after ${call.timeout} ms; the client made ${attempts}; ${last}`;
    return call.lateError(codeOutOfReach(failure), why, 'not-sent', about);
  }
  const attempt = isAccepted
    ? `; the server accepted the connection, and has not answered the registration: is it a mailstation server?`
    : `; the first attempt to connect began ${forMs} ms ago, and no program there has accepted the connection: are the host and the port right?`;
  const going = count === 0 ? '' : attempt;
  const why = `still ${call.stage}, to ${address}, after ${call.timeout} ms${going}`;
  return call.lateError(RpcCode.Timeout, why, 'not-sent', about);
}

import { RpcCode } from '../lib/errors.js';

/** Meaning of each code, and what to do, in a sentence or two. docs/errors.md has more on each. */
const EXPLANATIONS: Readonly<Record<RpcCode, string>> = {
  [RpcCode.InvalidArgument]:
    'An option or an argument has the wrong type or is out of range. Correct the argument that the message names.',
  [RpcCode.NotStarted]: 'The call was made before the client was started. Await start() first.',
  [RpcCode.Closed]: 'The client or its mailbox was stopped. Do not call after stop(), or raise drainTimeout.',
  [RpcCode.NoProxy]:
    'The client has no proxies of that name, and nothing was sent. Correct the name, or add the proxies.',
  [RpcCode.NoServer]: 'No server of the type is known. Start one, or look why the list of servers lacks it.',
  [RpcCode.Route]: 'The router failed or named no server. Correct the router: the cause has its error.',
  [RpcCode.Filter]: 'A filter refused the call. The cause has the reason of the filter.',
  [RpcCode.PendingFull]:
    'Too many calls wait for the connection: the server is out of reach or slow. Call less, or raise pendingSize.',
  [RpcCode.QueueFull]:
    'Too many bytes wait to be written: the other end is overloaded or does not read. Send less at once.',
  [RpcCode.Connect]:
    'No connection to the server could be made in time. Look whether the server runs at this place, and whether its log has a line about a refused connection.',
  [RpcCode.Certificate]:
    'A certificate was refused. Renew the certificate, or give both ends the same authority (tls.ca).',
  [RpcCode.Register]:
    'A process listens there and did not accept the registration. Check the id and the port of the server.',
  [RpcCode.Unauthenticated]:
    'The two ends have no secret in common, or the token was not accepted. Give both ends the same secret.',
  [RpcCode.ConnectionLost]:
    'The connection ended before the answer. The client connects again by itself; repeat calls that may run twice.',
  [RpcCode.PeerSilent]:
    'The other end answered no heartbeat: its event loop is blocked, its process is stopped, or the network is cut.',
  [RpcCode.ServerRemoved]:
    'The server left the list while the call waited. Call again: the router chooses another server.',
  [RpcCode.Timeout]:
    'The deadline passed. The stages show where the time went: shorten that stage, or raise the deadline.',
  [RpcCode.Cancelled]: 'The caller gave the call up. Nothing needs to be done unless that was not meant.',
  [RpcCode.Overloaded]:
    'The server is at a limit and did not start the call. Call later, add servers, or raise the limit that the message names.',
  [RpcCode.Encode]:
    'A value cannot be carried faithfully, such as a function or a cycle. Send plain data: the message has the path to the value.',
  [RpcCode.Decode]:
    'The answer could not be decoded. Look whether both ends are of mailstation, and of which versions.',
  [RpcCode.FrameTooLarge]:
    'The call or the answer is larger than maxFrameBytes. Send less at once, send a stream, or raise the limit at both ends.',
  [RpcCode.Protocol]: 'The other end sent bytes that are no packet: another program uses this port.',
  [RpcCode.BadRequest]: 'The server could not read the request. Look at the versions of both ends.',
  [RpcCode.Forbidden]:
    'The server does not let this caller call the method. Give the caller a certificate or the secret, or name the method in expose; web pages need the latter. Or authorize refused it.',
  [RpcCode.NoMethod]: 'The server has no such method. Correct the name, or deploy the newer server.',
  [RpcCode.NeedsCallback]:
    'The method needs a callback that was not given. Set callbacks: true, or name the last parameter callback.',
  [RpcCode.NeedsStream]: 'The method answers with a stream. Call it with .stream, and read the items.',
  [RpcCode.NoStream]:
    'A stream was asked for, and the method answers with one value, or the way to the server has no streams. Call without .stream.',
  [RpcCode.Upload]: 'The source of the items that the caller sent has failed. The cause has its error.',
  [RpcCode.Validation]:
    'The arguments do not fit the schema of the method, which did not run. Send what the schema takes.',
  [RpcCode.Remote]:
    "The method itself failed: it threw, rejected, or called back with an error. The message is the method's own, and the log of the server has its stack.",
  [RpcCode.Stopping]: 'The server was stopped before the call was answered. Raise its drainTimeout.',
  [RpcCode.Load]: 'A remote module could not be loaded. The message names the file.',
  [RpcCode.AddressInUse]:
    'The port is held by another process. Stop that process, choose another port, or set standby: true.',
  [RpcCode.Listen]: "Listening failed. The system's error has the reason.",
  [RpcCode.Insecure]: 'Every machine that reaches the place could call. Give tls or a secret, or listen on 127.0.0.1.',
  [RpcCode.Registry]:
    'The registry cannot be reached. Calls go on with the last list of servers; start etcd, or correct the hosts.',
  [RpcCode.RegistryRefused]: 'The registry refused the request, such as for want of space. Nothing was changed.',
  [RpcCode.LeaseLost]: 'The lease of a registration or an election is gone. The server registers again by itself.',
  [RpcCode.IdInUse]: 'Another server is registered under the same id. Stop one of the two, or give them different ids.',
  [RpcCode.StaleLeader]:
    'The server leads no more, and did not start the call. Repeat the call, or use the mode failover.',
};

/** Words on a failure of this code. */
export function explained(code: string): string {
  if (Object.hasOwn(EXPLANATIONS, code)) return EXPLANATIONS[code as RpcCode];
  return 'The code is none of this version of mailstation. Look into docs/errors.md of the version that runs.';
}

/** Reason for which the dashboard cannot ask a server, after the failure of a question. */
export function problemOf({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === RpcCode.NoMethod)
    return 'The server answers no questions about itself: it has inspect: false, or is of a version without $mailstation. Deploy the newer version to see more.';
  if (code === RpcCode.Forbidden)
    return "The server does not let the dashboard ask. Give the dashboard the secret or the certificate of a caller, or let the server name '$mailstation.*' in expose.";
  return `${message}. ${explained(code)}`.replace(/\.\. /, '. ');
}

import type { Client } from '../../index.js';
import { codeOf } from '../../lib/error-parts.js';
import { messageOf, RpcCode, type RpcError, toError } from '../../lib/errors.js';
import { escapeControls, quoted } from '../../lib/quoted.js';
import { readAddress } from '../../observe/fleet/index.js';
import { argumentOf, readArguments } from '../call/arguments.js';
import { chooseServer } from '../call/choose-server.js';
import { type MethodName, nearMethods, readMethodName } from '../call/method-name.js';
import { CommandError, ExitCode, exitCodeOf, usage } from '../exit-code.js';
import { demandAll, type FleetFlags, fleetOf, withFleetOptions } from '../fleet-options.js';
import type { Io } from '../io.js';
import { jsonOf } from '../json.js';
import type { Output } from '../output.js';
import type { Running, Verb } from '../verb.js';

interface CallFlags extends FleetFlags {
  readonly to?: string;
  readonly route?: string;
  readonly text?: boolean;
  readonly stream?: boolean;
}

/** `mailstation call`: calls one method, and prints the result. */
export const call: Verb = {
  name: 'call',
  summary: 'call a method, and print the result',
  examples: [
    ['call 127.0.0.1:3333 user.rooms.greet Ada', 'Call a method of the server at an address:'],
    [
      `call 3333 user.rooms.join lobby '{"name":"Ada","age":36}'`,
      'JSON is JSON, and all else is text; 3333 is a port of this machine:',
    ],
    ['call 3333 user.bank.add -5 007', 'Negative numbers are numbers, and 007 is a text:'],
    ['call 3333 user.notes.save --text 42', 'A text that looks like JSON:'],
    ['cat room.json | mailstation call 3333 user.rooms.save -', 'An argument from stdin:'],
    ['call 3333 user.rooms.save @room.json', 'An argument from a file:'],
    ['call 3333 user.rooms.list --stream', 'A stream, one item in each line:'],
    ['call --etcd http://etcd:2379 -n my-app chat user.rooms.list', 'A server of the type chat, from etcd:'],
    ['call tls://chat.internal:3333 --ca ca.pem user.rooms.list', 'A server behind TLS:'],
  ],
  declare(command) {
    withFleetOptions(
      command
        .argument('<target>', 'address of the server; with --etcd its id, or the type of servers to choose from')
        .argument('<method>', 'namespace.module.method')
        .argument('[args...]', 'JSON, text, - for stdin, @file for a file')
        .option('--to <id>', 'id of the server, where the address does not give it away or a type has several')
        .option('--route <value>', 'route parameter, by which the router chooses among the servers of a type')
        .option('--text', 'all arguments are texts, also those that look like JSON')
        .option('--stream', 'the method answers with a stream: print each item as a line of JSON'),
    );
    return (running, [target, method, args], flags: CallFlags) =>
      callMethod(running, target as string, method as string, args as string[], flags);
  },
};

async function callMethod(
  { io, out }: Running,
  target: string,
  name: string,
  written: readonly string[],
  flags: CallFlags,
): Promise<undefined> {
  const isAddress = flags.etcd === undefined;
  const read = await readArguments(written, flags.text === true, () => io.stdin);
  for (const { remark } of read) if (remark !== undefined) await out.note(remark);
  const args = read.map(({ value }) => value);
  const fleet = await fleetOf(isAddress ? [addressOf(target, flags.to)] : [], flags);
  try {
    demandAll(fleet);
    const route = flags.route === undefined ? null : argumentOf(flags.route, false, undefined).value;
    const id = await chooseServer(fleet, { target, isAddress, to: flags.to, route });
    const method = await readMethodName(fleet.client, id, name);
    try {
      if (flags.stream === true) await printStream(io, out, fleet.client, id, method, args);
      else await printResult(out, await fleet.client.rpcInvoke(id, { ...method, args: [...args] }));
    } catch (error) {
      throw await explained(error as RpcError, fleet.client, id, name);
    }
  } finally {
    await fleet.stop();
  }
  return undefined;
}

/** The id belongs to the address, where the server does not give its id to strangers. */
function addressOf(target: string, to: string | undefined): string {
  const { id } = readAddress(target);
  if (to === undefined || id === to) return target;
  if (id !== undefined)
    throw usage(`the address names the server ${quoted(id)}, and --to another one: leave one of them out`);
  return `${to}@${target}`;
}

async function printStream(
  io: Io,
  out: Output,
  client: Client,
  id: string,
  { namespace, service, method }: MethodName,
  args: readonly unknown[],
): Promise<void> {
  const serverType = client.servers[id]?.serverType || 'server';
  client.addProxy({ namespace, serverType });
  const module = client.proxies[namespace]?.[serverType]?.[service];
  const items = module[method].with({ signal: io.closed }).stream.toServer(id, ...args) as AsyncIterable<unknown>;
  for await (const item of items) await out.jsonLine(item);
}

/** A text is printed as it is, without what a terminal would obey, and any other value as JSON. Nothing is printed where there is no result. */
async function printResult(out: Output, result: unknown): Promise<void> {
  if (out.isJson) return out.json(result);
  if (result === undefined) return;
  const text = typeof result === 'string' ? result : jsonOf(result, 2);
  await out.print(out.width === undefined ? text : escapeControls(text));
}

/** The error with what this command line can do about it. */
async function explained(error: RpcError, client: Client, id: string, name: string): Promise<unknown> {
  const { code } = error;
  if (code === RpcCode.NoMethod) {
    const near = await nearMethods(client, id, name);
    const cure = near.length === 0 ? '' : `; did you mean ${near.map(quoted).join(' or ')}?`;
    return new CommandError(ExitCode.Failed, `${messageOf(error)}${cure}`, code);
  }
  if (code === RpcCode.Remote)
    return new CommandError(ExitCode.Failed, messageOf(error), ...namesOf(error.cause), code);
  const cures: Partial<Record<RpcCode, string>> = {
    [RpcCode.NeedsStream]: 'add --stream',
    [RpcCode.NoStream]: 'leave --stream out',
    [RpcCode.Timeout]: 'give more time with --timeout',
  };
  const cure = cures[code];
  if (cure === undefined) return error;
  return new CommandError(exitCodeOf(code), `${messageOf(error)}: ${cure}`, code);
}

/** Name and code of the error of a method, as far as they say more than that there is one. */
function namesOf(error: unknown): string[] {
  if (error === undefined) return [];
  const { name } = toError(error);
  const names = [name === 'Error' ? undefined : name, codeOf(toError(error))];
  return names.flatMap((each) => (typeof each === 'string' || typeof each === 'number' ? [String(each)] : []));
}

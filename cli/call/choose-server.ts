import { nearName } from '../../lib/near-name.js';
import { quoted } from '../../lib/quoted.js';
import type { Fleet } from '../../observe/fleet/index.js';
import { CommandError, ExitCode, usage } from '../exit-code.js';

/** The wish for a server: by id, by type, or by the one address of the command line. */
export interface ServerWish {
  /** An id or a type, with `--etcd`; the address otherwise. */
  readonly target: string;
  readonly isAddress: boolean;
  /** Id that the option `--to` names. */
  readonly to: string | undefined;
  /** Route parameter, for the router of a type. */
  readonly route: unknown;
}

/** The id of the server to call. Rejects where the roster has no such server, with the names that it has. */
export async function chooseServer({ client }: Fleet, { target, isAddress, to, route }: ServerWish): Promise<string> {
  const { servers } = client;
  const ids = Object.keys(servers);
  if (to !== undefined) {
    if (!(to in servers)) throw noServer(`no server has the id ${quoted(to)}`, to, ids);
    return to;
  }
  if (isAddress) {
    const [only] = ids;
    if (only === undefined) throw usage(`${quoted(target)} leads to no server`);
    return only;
  }
  if (target in servers) return target;
  const types = [...new Set(Object.values(servers).map(({ serverType }) => serverType))];
  if (types.includes(target)) return client.whichServer(target, route);
  throw noServer(`no server has the id or the type ${quoted(target)}`, target, [...types, ...ids]);
}

function noServer(what: string, name: string, known: readonly string[]): CommandError {
  const near = nearName(name, known);
  const listed = known.slice(0, 10).map((each) => quoted(each));
  const there = listed.length === 0 ? 'there is no server at all' : `there are ${listed.join(', ')}`;
  const cure = near === undefined ? there : `did you mean ${quoted(near)}?`;
  return new CommandError(ExitCode.Unreachable, `${what}: ${cure}`);
}

import type { MethodDescription } from '../../index.js';
import { nearName } from '../../lib/near-name.js';
import { quoted } from '../../lib/quoted.js';
import { type Asking, ask, reflectionIn } from '../../observe/fleet/index.js';
import { usage } from '../exit-code.js';

/** The parts of a method's name, each of which may have dots. */
export interface MethodName {
  readonly namespace: string;
  readonly service: string;
  readonly method: string;
}

const PAGE = 1_000;
const MAX_PAGES = 100;
/** Methods after which no further page is read. */
const MAX_METHODS = 20_000;
const NAMES_SHOWN = 3;

/** All methods of a server. Rejects as the question does. */
export async function describeAll(client: Asking, id: string, prefix = ''): Promise<readonly MethodDescription[]> {
  const methods: MethodDescription[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const request = { prefix, limit: PAGE, ...(after !== undefined && { after }) };
    const page = reflectionIn(await ask(client, id, 'reflection', 'describe', request));
    if (page === undefined)
      throw new Error('the server describes its methods in a form that this version does not know');
    for (const method of page.methods) methods.push(method);
    if (page.next === undefined || page.next === after || methods.length >= MAX_METHODS) break;
    after = page.next;
  }
  return methods;
}

/** Reads `namespace.module.method`. A name of more parts is looked up at the server, which knows where the parts end. */
export async function readMethodName(client: Asking, id: string, name: string): Promise<MethodName> {
  const parts = name.split('.');
  const [namespace = '', service = '', method = ''] = parts;
  if (parts.length < 3 || parts.includes(''))
    throw usage(`${quoted(name)} is no method: write namespace.module.method, as in user.rooms.greet`);
  if (parts.length === 3) return { namespace, service, method };
  const found = (await methodsLike(client, id, name)).find((each) => each.name === name);
  if (found !== undefined) return { namespace: found.namespace, service: found.module, method: found.method };
  return { namespace, service: parts.slice(1, -1).join('.'), method: parts.at(-1) as string };
}

/** Names of methods that may have been meant, the nearest first. Empty where the server does not say its methods. */
export async function nearMethods(client: Asking, id: string, name: string): Promise<readonly string[]> {
  const names = (await methodsLike(client, id, '')).map((each) => each.name);
  const last = lastOf(name);
  const sameMethod = names.filter((each) => lastOf(each).toLowerCase() === last.toLowerCase());
  const near = nearName(name, names);
  return [...new Set([...(near === undefined ? [] : [near]), ...sameMethod])].slice(0, NAMES_SHOWN);
}

async function methodsLike(client: Asking, id: string, prefix: string): Promise<readonly MethodDescription[]> {
  try {
    return await describeAll(client, id, prefix);
  } catch {
    return []; // the call itself says what is wrong with the server
  }
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

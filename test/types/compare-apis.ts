import { type Declaration, memberName, split } from './declarations.js';
import type { Api } from './public-api.js';

/**
 * Losses of a later API: public names, members of public classes and interfaces, and all that their types lead to. More
 * names and members are no loss. Declarations that are not exported themselves may have other names; parameters too. A class
 * that is not exported may change: it is reached through what an application only passes on.
 */
export function lossesOf(frozen: Api, current: Api): string[] {
  const losses: string[] = [];
  const compared = new Set<string>();
  const published = new Set([...frozen.exported.values()].flat());
  const waiting: (() => void)[] = [];

  function compare(path: string, one: readonly Declaration[], other: readonly Declaration[]): void {
    const key = [one, other].map(([first]) => `${first?.file} ${first?.name}`).join(' ');
    if (compared.has(key)) return;
    compared.add(key);
    one.forEach((declaration, at) => {
      if (declaration.kind === 'class' && !published.has(declaration)) return;
      const counterpart = other[at];
      if (counterpart?.kind !== declaration.kind) {
        losses.push(`${path}: was a ${declaration.kind}, and is ${counterpart?.kind ?? 'nothing'}`);
      } else if (declaration.kind === 'class' || declaration.kind === 'interface') {
        compareMembers(path, declaration, counterpart);
      } else {
        const tokens = [declaration, counterpart].map(({ tokens, name }) =>
          tokens.map((token) => (token === name ? 'it' : token)),
        );
        if (!isSame(path, tokens[0] ?? [], declaration.file, tokens[1] ?? [], counterpart.file))
          losses.push(`${path}:\n    was ${declaration.tokens.join(' ')}\n    is  ${counterpart.tokens.join(' ')}`);
      }
    });
  }

  function compareMembers(path: string, one: Declaration, other: Declaration): void {
    if (!isSame(path, one.parameters, one.file, other.parameters, other.file))
      losses.push(`${path}: has other type parameters: ${other.parameters.join(' ')}`);
    const members = membersOf(current, other);
    for (const [name, signatures] of membersOf(frozen, one)) {
      for (const { tokens, file } of signatures) {
        const candidates = members.get(name) ?? [];
        const match =
          candidates.find((each) => canonical(each.tokens).join(' ') === canonical(tokens).join(' ')) ??
          candidates.find((each) => isSame(path, tokens, file, each.tokens, each.file, false));
        if (match !== undefined) isSame(`${path}.${name}`, tokens, file, match.tokens, match.file);
        else {
          const now = candidates.map((each) => `\n    is  ${each.tokens.join(' ')}`).join('');
          losses.push(`${path}.${name}:\n    was ${tokens.join(' ')}${now || '\n    is  gone'}`);
        }
      }
    }
  }

  /** Token by token; where both name a declaration, these are compared later. */
  function isSame(
    path: string,
    one: readonly string[],
    oneFile: string,
    other: readonly string[],
    otherFile: string,
    goOn = true,
  ): boolean {
    const [left, right] = [canonical(one), canonical(other)];
    const pairs: (readonly [string, readonly Declaration[], readonly Declaration[]])[] = [];
    const fits = left.every((token, at) => {
      const counterpart = right[at] ?? '';
      const meant = frozen.resolve(token, oneFile);
      const found = current.resolve(counterpart, otherFile);
      if (meant !== undefined && found !== undefined) pairs.push([token, meant, found]);
      return token === counterpart || (meant !== undefined && found !== undefined);
    });
    if (!fits || left.length !== right.length) return false;
    if (goOn) for (const [name, meant, found] of pairs) waiting.push(() => compare(`${path} > ${name}`, meant, found));
    return true;
  }

  for (const [name, declarations] of frozen.exported) {
    const found = current.exported.get(name);
    if (found === undefined) losses.push(`${name}: is not exported any more`);
    else waiting.push(() => compare(name, declarations, found));
  }
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
  return losses;
}

interface Signature {
  readonly tokens: readonly string[];
  /** Where its names are to be looked up. */
  readonly file: string;
}

/** By name, those that are inherited included. */
function membersOf(api: Api, declaration: Declaration): Map<string, Signature[]> {
  const members = new Map<string, Signature[]>();
  const add = (name: string, signature: Signature) => members.set(name, [...(members.get(name) ?? []), signature]);
  for (const tokens of declaration.members) add(memberName(tokens) ?? '', { tokens, file: declaration.file });
  const own = new Set(members.keys());
  for (const [name = '', ...args] of declaration.bases) {
    const [base] = api.resolve(name, declaration.file) ?? [];
    if (base === undefined || args[0] === '.')
      add(`extends ${name}`, { tokens: [name, ...args], file: declaration.file });
    else
      for (const [inherited, signatures] of membersOf(api, base))
        for (const { tokens, file } of own.has(inherited) ? [] : signatures)
          add(inherited, { tokens: withArguments(tokens, base, args), file });
  }
  return members;
}

/** `E` of a base `Emitter<E>` becomes what the one that extends it gives. */
function withArguments(tokens: readonly string[], { parameters }: Declaration, args: readonly string[]): string[] {
  const names = split(parameters.slice(1, -1), ',').map(([name = '']) => name);
  const given = split(args.slice(1, -1), ',');
  return tokens.flatMap((token) => given[names.indexOf(token)] ?? [token]);
}

/** Parameters and labels have no names of their own, and the last comma of a list is left out. */
function canonical(tokens: readonly string[]): string[] {
  const named = tokens.map((token, at) => {
    const isFirst = ['(', ',', '[', '...'].includes(tokens[at - 1] ?? '');
    const [next, afterNext] = tokens.slice(at + 1, at + 3);
    const isParameter = isFirst && /^[\w$]+$/.test(token) && (next === ':' || (next === '?' && afterNext === ':'));
    return isParameter && token !== 'this' ? '_' : token;
  });
  return named.filter((token, at) => token !== ',' || !/^[)\]}>]$/.test(named[at + 1] ?? ''));
}

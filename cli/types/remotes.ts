import type { MethodDescription } from '../../index.js';
import { methodMember } from './method-type.js';
import { propertyKey } from './schema-type.js';

/** Lines of a module within `Remotes`, behind its key: `typeof import('...')`, or an object type of methods. */
export type ModuleLines = readonly string[];

/** Modules by namespace, server type and name. */
export type RemotesTree = Map<string, Map<string, Map<string, ModuleLines>>>;

/** Text of a file that exports the interface `Remotes`. `origin`: the place that the types are from, for the first line. */
export function remotesFile(tree: RemotesTree, origin: string, imports: readonly string[] = []): string {
  const lines = [`// Written by \`mailstation types\`, from ${origin}.`, ...imports, '', 'export interface Remotes {'];
  for (const [namespace, types] of sorted(tree)) {
    lines.push(`  ${propertyKey(namespace)}: {`);
    for (const [serverType, modules] of sorted(types)) {
      lines.push(`    ${propertyKey(serverType)}: {`);
      for (const [name, module] of sorted(modules)) {
        const [first = '', ...rest] = module;
        lines.push(`      ${propertyKey(name)}: ${first}`, ...rest.map((line) => `      ${line}`));
      }
      lines.push('    };');
    }
    lines.push('  };');
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

/** Adds the methods of the servers of one type. A method that several servers have is the one of the first. */
export function addMethods(tree: RemotesTree, serverType: string, methods: readonly MethodDescription[]): void {
  const byModule = new Map<string, Map<string, MethodDescription>>();
  const keyOf = ({ namespace, module }: MethodDescription): string => JSON.stringify([namespace, module]);
  for (const method of methods) {
    const known = byModule.get(keyOf(method)) ?? new Map<string, MethodDescription>();
    if (!known.has(method.method)) known.set(method.method, method);
    byModule.set(keyOf(method), known);
  }
  for (const of of byModule.values()) {
    const all = [...of.values()].sort((a, b) => (a.method < b.method ? -1 : 1));
    const [first] = all;
    if (first === undefined) continue;
    const members = all.flatMap((method) => methodMember(method).map((line) => `  ${line}`));
    addModule(tree, { namespace: first.namespace, serverType, name: first.module }, ['{', ...members, '};']);
  }
}

export function addModule(
  tree: RemotesTree,
  { namespace, serverType, name }: { readonly namespace: string; readonly serverType: string; readonly name: string },
  lines: ModuleLines,
): void {
  const types = tree.get(namespace) ?? new Map<string, Map<string, ModuleLines>>();
  const modules = types.get(serverType) ?? new Map<string, ModuleLines>();
  modules.set(name, lines);
  types.set(serverType, modules);
  tree.set(namespace, types);
}

function sorted<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

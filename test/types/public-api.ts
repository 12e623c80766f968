import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../architecture/house.js';
import { TSC } from './compiler.js';
import {
  type Declaration,
  type DeclarationFile,
  memberName,
  parseDeclarations,
  type Reference,
  split,
} from './declarations.js';

export const API_FILE = join(ROOT, 'test/types/public-api.d.ts.txt');

/** Declarations that are reached from one file's exports. */
export interface Api {
  /** By public name. */
  readonly exported: ReadonlyMap<string, readonly Declaration[]>;
  /** Public names that are types, and no values. */
  readonly types: ReadonlySet<string>;
  /** Meaning of a name within a declaration; undefined for a name that no file here declares. */
  resolve(name: string, from: string): readonly Declaration[] | undefined;
}

/** The declarations that the compiler emits for index.ts, and for all that index.ts leads to. */
export async function currentApi(): Promise<Api> {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-api-'));
  try {
    const flags = ['--emitDeclarationOnly', '--declarationMap', 'false', '--removeComments', '--outDir', folder];
    await promisify(execFile)(process.execPath, [TSC, '-p', 'tsconfig.build.json', ...flags], { cwd: ROOT });
    return apiIn(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The API of a compiled package. */
export function apiIn(folder: string): Api {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'));
  const texts = names.map((name) => [name.replaceAll('\\', '/'), readFileSync(join(folder, name), 'utf8')] as const);
  return apiOf(new Map(texts), 'index.d.ts');
}

export function frozenApi(): Api {
  return apiOf(new Map([['frozen.d.ts', readFileSync(API_FILE, 'utf8')]]), 'frozen.d.ts');
}

/** `texts`: declaration files by path. */
export function apiOf(texts: ReadonlyMap<string, string>, entry: string): Api {
  const files = new Map([...texts].map(([path, text]) => [path, parseDeclarations(path, text)] as const));
  const fileOf = (path: string): DeclarationFile | undefined => files.get(path.replace(/\.js$/, '.d.ts'));

  function follow({ file, name }: Reference): readonly Declaration[] | undefined {
    const { declarations, imports, exports } = fileOf(file) ?? {};
    const own = declarations?.get(name);
    if (own !== undefined) return own;
    const next = exports?.get(name) ?? imports?.get(name);
    return next === undefined || (next.file === file && next.name === name) ? undefined : follow(next);
  }

  const exported = new Map<string, readonly Declaration[]>();
  const types = new Set<string>();
  for (const [name, reference] of fileOf(entry)?.exports ?? []) {
    if (reference.isType === true) types.add(name);
    const found = follow(reference);
    if (found === undefined) throw new Error(`nothing declares the public ${name}`);
    exported.set(name, found);
  }
  return { exported, types, resolve: (name, from) => follow({ file: from, name }) };
}

/** The same API, with all its declarations in one text: see {@link textOf}. */
export function flattened(api: Api): Api {
  return apiOf(new Map([['flat.d.ts', textOf(api)]]), 'flat.d.ts');
}

/** All in one text: what is exported under which name, and each declaration that is reached, once. */
export function textOf({ exported, types, resolve }: Api): string {
  const names = new Map<Declaration, string>();
  const taken = new Set<string>();
  const reached: (readonly Declaration[])[] = [];

  /** The name of a declaration in the text. */
  function reach(declarations: readonly Declaration[]): string {
    const [first] = declarations;
    if (first === undefined) throw new Error('nothing is declared');
    const known = names.get(first);
    if (known !== undefined) return known;
    let name = first.name;
    for (let copy = 2; taken.has(name); copy++) name = `${first.name}_${copy}`;
    taken.add(name);
    for (const declaration of declarations) names.set(declaration, name);
    reached.push(declarations);
    return name;
  }

  /** A member, inherited or not, and the file in which its type is written. */
  function memberOf(
    declaration: Declaration | undefined,
    name: string,
  ): Pick<Declaration, 'tokens' | 'file'> | undefined {
    if (declaration === undefined) return undefined;
    const tokens = declaration.members.find((each) => memberName(each) === name);
    if (tokens !== undefined) return { tokens, file: declaration.file };
    const bases = declaration.bases.flatMap(([base = '']) => resolve(base, declaration.file) ?? []);
    return bases.map((base) => memberOf(base, name)).find((found) => found !== undefined);
  }

  /**
   * With the names of the text. `Call['message']` becomes the type of that member, and `keyof typeof TABLE` the keys of the
   * table: the rest is not public.
   */
  function translated(tokens: readonly string[], file: string): string[] {
    const result: string[] = [];
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at] ?? '';
      const keys =
        token === 'keyof' && tokens[at + 1] === 'typeof' ? keysOf(resolve(tokens[at + 2] ?? '', file)?.[0]) : [];
      if (keys.length > 0) {
        result.push(...keys.flatMap((key, index) => (index === 0 ? [key] : ['|', key])));
        at += 2;
        continue;
      }
      const meant = /^[A-Za-z]/.test(token) ? resolve(token, file) : undefined;
      const [, member] = /^'(.*)'$/.exec(tokens[at + 1] === '[' ? (tokens[at + 2] ?? '') : '') ?? [];
      const found = member === undefined ? undefined : memberOf(meant?.[0], member);
      if (found !== undefined) {
        result.push(...translated(split(found.tokens, ':').slice(1).flat(), found.file));
        at += 3;
      } else result.push(meant === undefined ? token : reach(meant));
    }
    return result;
  }

  const values = new Set(
    [...exported].filter(([name]) => !types.has(name)).flatMap(([, declarations]) => declarations),
  );
  const typed = new Set([...exported.values()].flat().filter((declaration) => !values.has(declaration)));
  const sorted = [...exported].sort(([one], [other]) => (one < other ? -1 : 1));
  const list = sorted.map(([name, declarations]) => {
    const own = reach(declarations);
    return `  ${types.has(name) ? 'type ' : ''}${own === name ? name : `${own} as ${name}`},`;
  });
  const texts: string[] = [];
  for (const declarations of reached)
    for (const declaration of declarations) {
      // Applications cannot construct what is exported as a type only.
      const { tokens, file } = declaration;
      texts.push(rendered(translated(typed.has(declaration) ? withoutConstructor(tokens) : tokens, file)));
    }
  return `export {\n${list.join('\n')}\n};\n${texts.join('')}`;
}

/** States of a table: `const TABLE: { readonly idle: ...; }` has `'idle'`. */
function keysOf(declaration: Declaration | undefined): string[] {
  const at = declaration?.tokens.indexOf('{') ?? -1;
  if (declaration?.kind !== 'const' || at < 0) return [];
  const names = split(declaration.tokens.slice(at + 1, -1), ';').map((member) => memberName(member) ?? '');
  return names.map((name) => (/^['"]/.test(name) ? name.replaceAll('"', "'") : `'${name}'`)).sort();
}

function withoutConstructor(tokens: readonly string[]): readonly string[] {
  const start = tokens.indexOf('constructor');
  if (tokens[0] !== 'class' || start < 0) return tokens;
  const [member = []] = split(tokens.slice(start), ';');
  return [...tokens.slice(0, start), ...tokens.slice(start + member.length + 1)];
}

/** A member of the outermost body has a line of its own. */
function rendered(tokens: readonly string[]): string {
  let text = '';
  let depth = 0;
  for (const token of tokens) {
    if ('([{'.includes(token)) depth += 1;
    if (')]}'.includes(token)) depth -= 1;
    if (token === '}' && depth === 0 && text.endsWith(';')) text += '\n';
    else if (text.endsWith(';') && depth === 1) text += '\n ';
    const isTight =
      /^[,;:.?)\]>]$/.test(token) || /[([<.!]$/.test(text) || (/^[(<[]$/.test(token) && /[\w$>]$/.test(text));
    text += text === '' || (isTight && !text.endsWith('=>')) || text.endsWith('\n') ? token : ` ${token}`;
    if (token === '{' && depth === 1) text += '\n ';
  }
  const hasBody = tokens.some((token, at) => at < 2 && ['class', 'interface'].includes(token));
  return `${text}${hasBody ? '' : ';'}\n`;
}

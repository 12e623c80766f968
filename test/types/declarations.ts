/** Emitted declaration files taken apart: statements, their names, and the members of classes and interfaces. */

export interface Declaration {
  readonly file: string;
  readonly name: string;
  /** `class`, `interface`, `type`, `const`, `function` ... */
  readonly kind: string;
  /** All of it, without `export` and `declare`. */
  readonly tokens: readonly string[];
  /** Type parameters, base types and members of a class or an interface. */
  readonly parameters: readonly string[];
  readonly bases: readonly (readonly string[])[];
  readonly members: readonly (readonly string[])[];
}

/** Where a name of a file leads: a name in a file, or in a package (`node:events`). */
export interface Reference {
  readonly file: string;
  readonly name: string;
  /** Exported as a type, and not as a value. */
  readonly isType?: boolean;
}

export interface DeclarationFile {
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>;
  /** By the name within the file: what it imports. */
  readonly imports: ReadonlyMap<string, Reference>;
  /** By the name outside: what it exports under another name, or from another file. */
  readonly exports: ReadonlyMap<string, Reference>;
}

const TOKEN = /\/\*.*?\*\/|\/\/[^\n]*|\s+|('(?:\\.|[^'])*'|"(?:\\.|[^"])*"|`[^`]*`|=>|\.\.\.|#?[\w$]+|.)/gsu;
const OPENING = new Set(['(', '[', '{', '<']);
const CLOSING = new Set([')', ']', '}', '>']);
const MODIFIERS = new Set(['readonly', 'static', 'get', 'set', 'abstract', 'protected', 'private', 'declare']);

/** Comments and spaces are left out. `>` of `=>` is no bracket, since `=>` is one token. */
function tokensOf(text: string): string[] {
  return [...text.matchAll(TOKEN)].flatMap(([, token]) => token ?? []);
}

export function parseDeclarations(file: string, text: string): DeclarationFile {
  const declarations = new Map<string, Declaration[]>();
  const imports = new Map<string, Reference>();
  const exports = new Map<string, Reference>();
  for (const statement of statementsOf(tokensOf(text))) {
    const [first, second] = statement;
    if (first === 'import') {
      for (const [outer, inner] of namesIn(statement))
        imports.set(inner, { file: sourceOf(statement, file), name: outer });
    } else if (first === 'export' && (second === '{' || statement[2] === '{')) {
      const source = statement.includes('from') ? sourceOf(statement, file) : file;
      for (const [inner, outer, isType] of namesIn(statement))
        exports.set(outer, { file: source, name: inner, isType });
    } else {
      const declaration = declarationOf(file, statement);
      declarations.set(declaration.name, [...(declarations.get(declaration.name) ?? []), declaration]);
    }
  }
  return { declarations, imports, exports };
}

/** At the separators outside of all brackets. */
export function split(tokens: readonly string[], separator: string): string[][] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (OPENING.has(token)) depth += 1;
    if (CLOSING.has(token)) depth -= 1;
    if (token === separator && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}

/** `static create`, `[Symbol.iterator]`, `()` of a call signature; undefined for what is private. */
export function memberName(member: readonly string[]): string | undefined {
  let at = 0;
  const isModifier = () => MODIFIERS.has(member[at] ?? '') && !['(', ':', '?', '<', undefined].includes(member[at + 1]);
  let isStatic = false;
  while (isModifier()) {
    if (member[at] === 'private') return undefined;
    isStatic ||= member[at] === 'static';
    at += 1;
  }
  const first = member[at] ?? '';
  if (first.startsWith('#')) return undefined;
  const name = first === '(' || first === '<' ? '()' : first === '[' ? inBrackets(member, at).join(' ') : first;
  return isStatic ? `static ${name}` : name;
}

/** The tokens of the bracket at `at`, both brackets included. */
function inBrackets(tokens: readonly string[], at: number): string[] {
  let depth = 0;
  for (let end = at; end < tokens.length; end++) {
    if (OPENING.has(tokens[end] ?? '')) depth += 1;
    if (CLOSING.has(tokens[end] ?? '')) depth -= 1;
    if (depth === 0) return tokens.slice(at, end + 1);
  }
  throw new Error(`a bracket is not closed: ${tokens.join(' ')}`);
}

function* statementsOf(tokens: readonly string[]): Generator<string[]> {
  let at = 0;
  while (at < tokens.length) {
    const start = at;
    const hasBody = tokens.slice(start, start + 4).some((token) => ['class', 'interface', 'namespace'].includes(token));
    for (let depth = 0; at < tokens.length; at++) {
      const token = tokens[at] ?? '';
      if (OPENING.has(token)) depth += 1;
      if (CLOSING.has(token)) depth -= 1;
      if (depth === 0 && (token === ';' || (hasBody && token === '}'))) break;
    }
    at += 1;
    const statement = tokens.slice(start, at).filter((token, i, all) => i < all.length - 1 || token !== ';');
    if (statement.length > 0) yield statement;
  }
}

/** `{ a, type b as c }` of an import or export: `[a, a, false]`, `[b, c, true]`. */
function namesIn(statement: readonly string[]): (readonly [outer: string, inner: string, isType: boolean])[] {
  const at = statement.indexOf('{');
  if (at < 0) throw new Error(`only named imports and exports are understood: ${statement.join(' ')}`);
  return split(inBrackets(statement, at).slice(1, -1), ',').map((part) => {
    const isType = part[0] === 'type' && part.length > 1;
    const names = isType ? part.slice(1) : part;
    return [names[0] ?? '', names.at(-1) ?? '', isType || statement[1] === 'type'];
  });
}

/** The file that a statement names, relative to the same folder as `file`, or the package. */
function sourceOf(statement: readonly string[], file: string): string {
  const specifier = (statement.at(-1) ?? '').slice(1, -1);
  return specifier.startsWith('.') ? new URL(specifier, `file:///${file}`).pathname.slice(1) : specifier;
}

function declarationOf(file: string, statement: readonly string[]): Declaration {
  const tokens = statement.filter((token, at) => !(at < 2 && ['export', 'declare'].includes(token)));
  const [kind = '', ...rest] = tokens[0] === 'abstract' ? tokens.slice(1) : tokens;
  const name = rest[0] ?? '';
  const parts = kind === 'class' || kind === 'interface' ? partsOf(rest) : { parameters: [], bases: [], members: [] };
  return { file, name, kind, tokens, ...parts };
}

function partsOf(rest: readonly string[]): Pick<Declaration, 'parameters' | 'bases' | 'members'> {
  const parameters = rest[1] === '<' ? inBrackets(rest, 1) : [];
  let body = 1 + parameters.length;
  const heritage: string[] = [];
  for (let depth = 0; body < rest.length; body++) {
    const token = rest[body] ?? '';
    if (depth === 0 && token === '{') break;
    if (OPENING.has(token)) depth += 1;
    if (CLOSING.has(token)) depth -= 1;
    heritage.push(depth === 0 && ['extends', 'implements'].includes(token) ? ',' : token);
  }
  const members = split(inBrackets(rest, body).slice(1, -1), ';');
  return {
    parameters,
    bases: split(heritage, ','),
    members: members.filter((member) => memberName(member) !== undefined),
  };
}

/** Parameters of a function, read from its source. */
export interface Parameters {
  /** Number of parameters, those with a default value included. `Infinity` where the function sees every argument. */
  readonly count: number;
  /** Name of the last parameter, with or without a default value. Undefined for a pattern and for a rest parameter. */
  readonly last: string | undefined;
  /** Source behind the list of parameters, without comments and without the content of literals. */
  readonly body: string;
}

/** Nothing is known: the function may see every argument. */
const UNKNOWN: Parameters = { count: Number.POSITIVE_INFINITY, last: undefined, body: '' };

/** Comments, texts, templates, and regular expressions where an expression begins. */
const LITERALS =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|`(?:\\[\s\S]|[^`\\])*`|(?<=(?:[=(,;:!&|?{}[+*%<>~^-]|\breturn)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//g;

/** A parameter of a function, for a description. */
export interface ParameterName {
  /** Name, or `{ a, b }` and the like as it is written. */
  readonly name: string;
  /** True for a parameter with a default value. */
  readonly optional?: true;
  /** True for a parameter that takes all further arguments. */
  readonly rest?: true;
}

/** Longest name of a parameter in a description: a pattern may have any length. Characters */
const MAX_NAME = 200;

/** Names of the parameters of a function, read from its source. Undefined for a function without a readable source. */
export function parameterNames(source: string): ParameterName[] | undefined {
  if (source.endsWith('{ [native code] }')) return undefined;
  const bare = source.replace(LITERALS, (literal) => (literal.startsWith('/') ? ' ' : "''"));
  const single = SINGLE.exec(bare)?.[1];
  if (single !== undefined) return [{ name: single }];
  return listOf(bare)?.parts.map((part) => {
    const rest = part.startsWith('...');
    const written = rest ? part.slice(3).trim() : part;
    const name = NAME.exec(written)?.[0] ?? written.replace(/\s+/g, ' ').slice(0, MAX_NAME);
    const optional = written.slice(name.length).trimStart().startsWith('=');
    return { name, ...(optional && { optional }), ...(rest && { rest }) };
  });
}

const OPEN = '([{';
const CLOSED = ')]}';
/** An arrow function of one parameter without parentheses. */
const SINGLE = /^(?:async\b\s*)?([\p{ID_Continue}$]+)\s*=>/u;
const NAME = /^[\p{ID_Continue}$]+/u;

/** Reads the parameters of a function from its source. `length` of a function counts only those before a default value. */
export function parametersOf(source: string): Parameters {
  if (source.endsWith('{ [native code] }')) return UNKNOWN; // bound, or built in
  const bare = source.replace(LITERALS, (literal) => (literal.startsWith('/') ? ' ' : "''"));
  const single = SINGLE.exec(bare);
  if (single !== null) return { count: 1, last: single[1], body: bare.slice(single[0].length) };
  const list = listOf(bare);
  if (list === undefined) return UNKNOWN;
  const { parts, body } = list;
  const last = parts.at(-1) ?? '';
  const seesAll = last.startsWith('...') || (!/^\s*=>/.test(body) && /\barguments\b/.test(body));
  return {
    count: seesAll ? Number.POSITIVE_INFINITY : parts.length,
    last: NAME.exec(last)?.[0],
    body,
  };
}

/** Splits the list of parameters at its own commas. A computed name before the list may have parentheses of its own. */
function listOf(bare: string): { parts: string[]; body: string } | undefined {
  const parts: string[] = [];
  let depth = 0;
  let start = -1;
  for (let i = 0; i < bare.length; i++) {
    const char = bare[i] as string;
    if (OPEN.includes(char)) {
      if (depth === 0 && char === '(') start = i + 1;
      depth += 1;
    } else if (CLOSED.includes(char)) {
      depth -= 1;
      if (depth > 0 || start < 0) continue;
      parts.push(bare.slice(start, i).trim());
      return { parts: parts.filter((part) => part !== ''), body: bare.slice(i + 1) };
    } else if (char === ',' && depth === 1 && start >= 0) {
      parts.push(bare.slice(start, i).trim());
      start = i + 1;
    }
  }
  return undefined;
}

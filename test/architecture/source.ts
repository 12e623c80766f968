/** A TypeScript file taken apart just far enough to ask about its imports and its words. No parser, no types. */
export interface Source {
  /**
   * The text with every comment, regular expression and piece of template text blanked out, and every string literal
   * replaced by `"n"`, its index in {@link strings}. Line breaks are where they were.
   */
  readonly code: string;
  readonly strings: readonly string[];
  /** The comments, each with the line that it begins on. */
  readonly comments: readonly { readonly line: number; readonly text: string }[];
}

export interface Import {
  readonly specifier: string;
  /** `static` is erased when `isType`; `dynamic` is import() or require(), also within a type. */
  readonly kind: 'static' | 'dynamic';
  readonly isType: boolean;
}

const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*")|(?<regex>\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*)|(?<punctuator>[`{}])|(?<rest>[\w$]+|[\s\S])/y;
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*(?:`|\$\{|$)/y;

/** What a `/` begins a regular expression after; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{;+*%~^]|=>|\b(?:return|typeof|case|of|in|await|yield|throw|else|do))$/;

export function readSource(text: string): Source {
  const strings: string[] = [];
  const comments: { line: number; text: string }[] = [];
  const braces: ('block' | 'template')[] = []; // what the next `}` ends
  let code = '';
  let at = 0;

  const skipTemplateText = (): void => {
    const piece = match(TEMPLATE_TEXT, text, at)[0];
    at += piece.length;
    code += onlyLineBreaks(piece);
    if (piece.endsWith('${')) {
      braces.push('template');
      code += '{';
    }
  };

  while (at < text.length) {
    const groups = match(TOKEN, text, at).groups ?? {};
    const { comment, string, regex, punctuator, rest } = groups;
    if (comment !== undefined) {
      comments.push({ line: lineOf(text, at), text: comment });
      code += onlyLineBreaks(comment) || ' ';
      at += comment.length;
    } else if (string !== undefined) {
      code += `"${strings.push(string.slice(1, -1)) - 1}"`;
      at += string.length;
    } else if (regex !== undefined && BEFORE_REGEX.test(code.trimEnd())) {
      code += ' ';
      at += regex.length;
    } else if (punctuator === '`') {
      at += 1;
      skipTemplateText();
    } else if (punctuator === '}' && braces.pop() === 'template') {
      code += '}';
      at += 1;
      skipTemplateText();
    } else {
      if (punctuator === '{') braces.push('block');
      const piece = regex === undefined ? (punctuator ?? rest ?? '') : '/';
      code += piece;
      at += piece.length;
    }
  }
  return { code, strings, comments };
}

const STATIC =
  /(?<![.\w$])(?:import|export)\s+(?<type>type\s+(?!from\b))?(?:[\w$]+\s*,?\s*)?(?:\*(?:\s*as\s+[\w$]+)?\s*|\{(?<names>[^{}]*)\}\s*)?from\s*"(?<index>\d+)"/g;
const FOR_EFFECT = /(?<![.\w$])import\s*"(?<index>\d+)"/g;
const DYNAMIC = /(?<![.\w$])(?:import|require)\s*\(\s*"(?<index>\d+)"/g;

/** Every module that the source names, in no particular order. */
export function importsOf({ code, strings }: Source): Import[] {
  const all = (pattern: RegExp, toImport: (groups: Record<string, string | undefined>) => Omit<Import, 'specifier'>) =>
    [...code.matchAll(pattern)].map(({ groups = {} }) => ({
      specifier: strings[Number(groups['index'])] ?? '',
      ...toImport(groups),
    }));
  return [
    ...all(STATIC, ({ type, names }) => ({ kind: 'static', isType: type !== undefined || areAllTypes(names) })),
    ...all(FOR_EFFECT, () => ({ kind: 'static', isType: false })),
    ...all(DYNAMIC, () => ({ kind: 'dynamic', isType: false })),
  ];
}

/** `{ type A, type B }`; the empty braces import for effect. */
function areAllTypes(names: string | undefined): boolean {
  const list = (names ?? '').split(',').filter((name) => name.trim() !== '');
  return list.length > 0 && list.every((name) => /^\s*type\s+(?!as\s)/.test(name));
}

export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (found === null) throw new Error(`the pattern matches anything, and did not at ${at}`);
  return found;
}

function onlyLineBreaks(text: string): string {
  return text.replace(/[^\n]/g, '');
}

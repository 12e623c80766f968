import { readText, sourceOf } from '../architecture/house.js';

/** One member of an interface, of a type literal, of a union, or of a table of the sources. */
export interface Member {
  readonly name: string;
  readonly isOptional: boolean;
  /** Type of a property, arguments of an event, value of a table: on one line, as the source has it. */
  readonly type: string;
  readonly doc: Doc;
}

/** A docstring in its parts. A part that the docstring does not have is empty. */
export interface Doc {
  /** The sentences, on one line. */
  readonly text: string;
  readonly unit: string;
  readonly range: string;
  readonly source: string;
  /** Behind the tag `@default`. */
  readonly fallback: string;
  /** The code of each `@example`, without fences. */
  readonly examples: readonly string[];
}

/** The docstring that ends on the line before `line`, counted from 1; empty parts where there is none. */
export function docBefore(file: string, line: number): Doc {
  const comment = sourceOf(file).comments.find(
    ({ line: from, text }) => text.startsWith('/**') && from + text.split('\n').length === line,
  );
  return parseDoc(comment?.text ?? '');
}

export function parseDoc(comment: string): Doc {
  const all = comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .trim();
  const [whole = '', ...blocks] = all.split(/^@example\b.*$/m);
  const examples = blocks.map((block) => (/^```\w*\n(.*?)^```/ms.exec(block.trim())?.[1] ?? block).trimEnd());
  const oneLine = whole.replace(/\s+/g, ' ').trim();
  const [sentences = '', fallback = ''] = oneLine.split(/\s*@default\s+/);
  const part = (name: string) =>
    new RegExp(`\\b${name}: (.+?)\\.(?= (?:Unit|Range|Source): |$|  ?@)`).exec(sentences)?.[1] ?? '';
  const text = sentences.replace(/ ?\b(?:Unit|Range|Source): .+?\.(?= |$)/g, '').trim();
  return {
    text,
    unit: part('Unit'),
    range: part('Range'),
    source: part('Source'),
    fallback: fallback.trim(),
    examples,
  };
}

/** The members of a declaration: what its braces hold, at their first level. */
export function membersOf(file: string, head: RegExp): Member[] {
  const lines = readText(file).split('\n');
  const start = lines.findIndex((line) => head.test(line));
  if (start < 0) throw new Error(`${file} has no ${head}`);
  const members: Member[] = [];
  for (let at = start + 1; at < lines.length && !/^\}/.test(lines[at] ?? ''); at++) {
    const [, name, isOptional, first = ''] = /^ {2}(?:readonly )?'?([\w$:]+)'?(\?)?: (.*)$/.exec(lines[at] ?? '') ?? [];
    if (name === undefined) continue;
    const declaredOn = at + 1;
    let type = first;
    while (!isWhole(type) && at + 1 < lines.length) type += ` ${lines[++at]?.trim()}`;
    members.push({ name, isOptional: isOptional !== undefined, type: tidy(type), doc: docBefore(file, declaredOn) });
  }
  return members;
}

/** The literals of a union that has one on each line: `| 'name'`. */
export function literalsOf(file: string, head: RegExp): Member[] {
  const lines = readText(file).split('\n');
  const start = lines.findIndex((line) => head.test(line));
  if (start < 0) throw new Error(`${file} has no ${head}`);
  const members: Member[] = [];
  for (let at = start + 1; at < lines.length; at++) {
    const [, name, end] = /^ {2}\| '([\w-]+)'(;)?$/.exec(lines[at] ?? '') ?? [];
    if (name !== undefined) members.push({ name, isOptional: false, type: '', doc: docBefore(file, at + 1) });
    if (end !== undefined) break;
  }
  return members;
}

/** Ends with `;` or `,`, and no bracket is open. */
function isWhole(type: string): boolean {
  const count = (brackets: RegExp) => type.match(brackets)?.length ?? 0;
  return /[;,]$/.test(type) && count(/[[({]/g) === count(/[\])}]/g);
}

function tidy(type: string): string {
  return type.replace(/[;,]$/, '').replace(/\s+/g, ' ').replace(/\[ /g, '[').replace(/,? \]/g, ']').trim();
}

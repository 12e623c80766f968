import { posix } from 'node:path';
import { readText, sourceOf } from '../architecture/house.js';
import { lineOf } from '../architecture/source.js';
import { type Doc, docBefore } from './declarations.js';

/** A name that users import. */
export interface PublicName {
  readonly name: string;
  readonly isType: boolean;
  /** Where the name is declared. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly doc: Doc;
}

const EXPORT = /\bexport\s+(type\s+)?\{([^{}]*)\}\s*from\s*"(\d+)"/g;

/** Every name that `entry` exports, with its declaration, through whatever files re-export the name. */
export function publicNames(entry = 'index.ts'): PublicName[] {
  const { code, strings } = sourceOf(entry);
  return [...code.matchAll(EXPORT)].flatMap(([, onlyTypes, names = '', at]) => {
    const file = posix.join(posix.dirname(entry), strings[Number(at)] ?? '').replace(/\.js$/, '.ts');
    const list = names.split(',').map((name) => name.trim());
    return list
      .filter((each) => each !== '')
      .map((each) => {
        const [, isType, inner = '', outer = inner] = /^(type\s+)?(\w+)(?:\s+as\s+(\w+))?$/.exec(each) ?? [];
        return { ...declarationOf(file, inner), name: outer, isType: onlyTypes !== undefined || isType !== undefined };
      });
  });
}

function declarationOf(file: string, name: string): Pick<PublicName, 'file' | 'line' | 'doc'> {
  const { code } = sourceOf(file);
  const kinds = 'interface|type|(?:abstract )?class|function|const';
  // A value and its type may have one name; the value is declared first.
  const found = new RegExp(`^export (?:${kinds}) ${name}\\b`, 'm').exec(code);
  if (found !== null) {
    const line = lineOf(code, found.index);
    return { file, line, doc: docBefore(file, withoutDirectives(file, line)) };
  }
  for (const { name: exported, ...place } of publicNames(file)) if (exported === name) return place;
  throw new Error(`${file} neither declares nor re-exports ${name}`);
}

/** Directives of the linter may stand between a docstring and what it is about. */
function withoutDirectives(file: string, line: number): number {
  const lines = readText(file).split('\n');
  let at = line;
  while (/^\/\/ biome-ignore/.test(lines[at - 2] ?? '')) at -= 1;
  return at;
}

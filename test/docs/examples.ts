import { sourceOf } from '../architecture/house.js';

/** Code in a docstring. */
export interface Example {
  readonly file: string;
  /** Line of the code's first line, counted from 1. */
  readonly line: number;
  readonly code: string;
}

/** Every fenced block of TypeScript or JavaScript in the docstrings of the files. */
export function examplesIn(files: readonly string[]): Example[] {
  return files.flatMap((file) =>
    sourceOf(file).comments.flatMap(({ line, text }) =>
      [...text.matchAll(/^[ \t]*\* ```(?:ts|js)\n(.*?)^[ \t]*\* ```$/gms)].map((found) => ({
        file,
        line: line + text.slice(0, found.index).split('\n').length,
        code: (found[1] ?? '').replace(/^[ \t]*\* ?/gm, ''),
      })),
    ),
  );
}

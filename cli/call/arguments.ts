import { readFileSync } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import { messageOf } from '../../lib/errors.js';
import { quoted } from '../../lib/quoted.js';
import { usage } from '../exit-code.js';
import type { Io } from '../io.js';

/** An argument of a call, with a remark where it is not what it looks like. */
export interface ReadArgument {
  readonly value: unknown;
  readonly remark?: string;
}

/** A number of JSON, and the texts that may hold what looks like one. */
const NUMBERS = /"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;

/**
 * Reads the arguments of a call: JSON is JSON, all else is text. `-` is stdin, and `@file` a file. `isText`: all are texts, also those that look
 * like JSON. Throws a usage error for a file that cannot be read, and for a number within JSON that JavaScript would round.
 */
export async function readArguments(
  written: readonly string[],
  isText: boolean,
  stdin: () => Io['stdin'],
): Promise<readonly ReadArgument[]> {
  if (written.filter((each) => each === '-').length > 1) throw usage('stdin is one argument: write - once');
  const read: ReadArgument[] = [];
  for (const each of written) {
    if (each === '-') read.push(argumentOf(await textOf(stdin()), isText, 'stdin'));
    else if (each.startsWith('@') && each !== '@') read.push(argumentOf(fileOf(each.slice(1)), isText, each));
    else read.push(argumentOf(each, isText, undefined));
  }
  return read;
}

/** Reads one argument. `from`: the place that the text is from, where that is not the command line. */
export function argumentOf(text: string, isText: boolean, from: string | undefined): ReadArgument {
  // The line end of a file belongs to the file, and not to the text in it.
  const content = from === undefined ? text : text.replace(/\r?\n$/, '');
  if (isText) return { value: content };
  const trimmed = content.trim();
  if (INTEGER.test(trimmed) && !Number.isSafeInteger(Number(trimmed)))
    return { value: trimmed, remark: `${shortened(trimmed)} is sent as a text: JavaScript would round the number` };
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch (error) {
    return { value: content, ...remarkOnBrokenJson(trimmed, error) };
  }
  const rounded = typeof value === 'object' ? roundedNumber(trimmed) : undefined;
  if (rounded !== undefined)
    throw usage(
      `the number ${shortened(rounded)} in ${quoted(trimmed)} would be rounded: put the number in quotes, as a text`,
    );
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    return { value: trimmed, remark: `${shortened(trimmed)} is sent as a text: no number of JavaScript is as large` };
  return { value };
}

/** A text that was meant to be JSON is sent as it is, with a word about that. */
function remarkOnBrokenJson(text: string, error: unknown): { readonly remark?: string } {
  if (!/^[[{"]/.test(text)) return {};
  return { remark: `${quoted(text)} is sent as a text, since it is no JSON: ${messageOf(error)}` };
}

/** The first integer within JSON that a number of JavaScript cannot hold. */
function roundedNumber(json: string): string | undefined {
  const numbers = json.match(NUMBERS) ?? [];
  return numbers.find((each) => INTEGER.test(each) && !Number.isSafeInteger(Number(each)));
}

function shortened(digits: string): string {
  return digits.length > 40 ? `${digits.slice(0, 40)}...` : digits;
}

function fileOf(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const why = error instanceof TypeError ? 'the file is no text in UTF-8' : messageOf(error);
    throw usage(
      `the file of the argument ${quoted(`@${path}`)} cannot be read: ${why}; a text that begins with @ is written as JSON: '"@..."'`,
    );
  }
}

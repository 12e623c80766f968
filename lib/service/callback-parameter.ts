import { types } from 'node:util';
import { type Method, sourceOf } from './methods.js';
import { parametersOf } from './parameters.js';

/** Arguments that a method takes, as its source shows. */
export interface Takes {
  /**
   * Number of parameters; `Infinity` where the method may see every argument. With as many arguments, the method has no
   * place for a callback.
   */
  readonly parameters: number;
  /** Name of the last parameter, where that is a callback. */
  readonly callback: string | undefined;
  /** Whether the method certainly calls that parameter. False where only the name says what the parameter is. */
  readonly isCalled: boolean;
  /**
   * Number of arguments before the callback, to which missing ones are filled up with `undefined`. 0 where nothing is
   * filled up: the method may move its arguments along by itself.
   */
  readonly fillTo: number;
  /** Whether a returned `undefined` is no answer: with the option, a method without a result calls back, as in pomelo. */
  readonly waits: boolean;
}

/** Evidence that the last parameter is a callback. */
type Evidence = 'called' | 'named' | undefined;

/** Names that only a callback has. */
const CALLBACK_NAME = /^(?:cb|callback)$|(?:Cb|_cb|Callback|_callback)$/;
/** Names of a callback, and sometimes of data. A parameter of such a name has to be used as a function as well. */
const LIKELY_NAME = /^(?:done|next|fn|func|reply|respond|ack|finish)$/;
/** First argument of a callback in Node's form: no error, or an error. */
const ERROR_FIRST = String.raw`\s*(?:\?\.)?\s*\(\s*(?:null|undefined|void 0|err\w*|error|ex?|new\s+[\w$.]*Error)\b`;

/**
 * Reads from the source of a method which arguments the method takes, and whether a callback is appended to those.
 *
 * No codec carries functions. A last parameter that the method calls like a callback of Node, or names like one, can
 * therefore only be the callback, and the method gets one, with the option `callbacks` and without. With the option,
 * every other method gets a callback too, except an async function.
 */
export function answerStyle(fn: Method, option: boolean): { callbacks: boolean; takes: Takes } {
  const { count, last, body } = parametersOf(sourceOf(fn));
  const evidence = last === undefined ? undefined : evidenceOf(last, body);
  const callback = evidence === undefined ? undefined : last;
  const isCalled = evidence === 'called';
  const moves = callback === undefined || !isCalled || /\btypeof\b/.test(body) || isAssigned(callback, body);
  return {
    callbacks: evidence !== undefined || (option && !types.isAsyncFunction(fn)),
    takes: {
      parameters: count,
      callback,
      isCalled,
      fillTo: moves || count === Number.POSITIVE_INFINITY ? 0 : count - 1,
      waits: option && !types.isAsyncFunction(fn),
    },
  };
}

function isAssigned(name: string, body: string): boolean {
  return new RegExp(`(?<![\\p{ID_Continue}$.])${escaped(name)}\\s*(?:\\|\\||\\?\\?)?=(?![=>])`, 'u').test(body);
}

function evidenceOf(name: string, body: string): Evidence {
  const uses = (after: string) => new RegExp(`(?<![\\p{ID_Continue}$.])${escaped(name)}${after}`, 'u').test(body);
  if (!uses(String.raw`(?![\p{ID_Continue}$])`)) return undefined; // a method that answers by its value, in a callback's form
  const isChecked = new RegExp(`\\btypeof\\s+${escaped(name)}(?![\\p{ID_Continue}$])`, 'u').test(body);
  if (!isChecked && uses(ERROR_FIRST)) return 'called';
  const isCalled = uses(String.raw`\s*(?:\?\.)?\s*\(`);
  if (CALLBACK_NAME.test(name)) return isCalled && !isChecked ? 'called' : 'named';
  if (!LIKELY_NAME.test(name)) return isChecked && uses(ERROR_FIRST) ? 'named' : undefined;
  const isPassedOn = new RegExp(`[(,]\\s*${escaped(name)}\\s*[,)]`, 'u').test(body);
  const isFunctionName = name === 'fn' || name === 'func';
  return isPassedOn || (isCalled && !isFunctionName) ? 'named' : undefined;
}

function escaped(name: string): string {
  return name.replaceAll('$', '\\$');
}

import { jsonText } from '../json-text.js';
import { invalid } from '../options.js';

/** A token travels in the head of a packet, which has a bound of its own. Unit: characters of JSON */
const MAX_TOKEN = 8_192;

/** Makes the token of a registration. */
export type MakeToken = () => unknown;

/** Checks the option `auth`: a value that JSON carries, or a function that returns one or a promise of one. */
export function tokenOption(name: string, given: unknown): MakeToken | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'function') {
    checkToken(name, given);
    return () => given;
  }
  return async () => {
    const token: unknown = await (given as MakeToken)();
    if (token !== undefined) checkToken(`the result of ${name}`, token);
    return token;
  };
}

/** The message has nothing of the token, which is a secret. */
function checkToken(name: string, token: unknown): void {
  let text: string | undefined;
  try {
    text = jsonText(token);
  } catch {
    text = undefined;
  }
  if (text === undefined) throw invalid(`${name} must be a value that JSON carries, got a ${typeof token}`);
  if (text.length > MAX_TOKEN)
    throw invalid(`${name} must have at most ${MAX_TOKEN} characters as JSON, and has ${text.length}`);
}

import { resolve } from 'node:path';
import { invalid, nonEmptyString, unfit } from '../options.js';
import { MAX_SECRETS } from '../protocol/auth-message.js';
import { shown } from '../quoted.js';
import { fileVersion, readSecretFile } from './secret-file.js';

const MIN_BYTES = 16;
const MAX_BYTES = 1_024;
const CURE = 'make one with: openssl rand -base64 32';
const DEFAULT_NAME = 'default';
const MAX_NAME = 64;

/** Where a secret comes from, and the name of the secret. Exactly one of `value`, `file` and `env` is given. */
export interface NamedSecret {
  /**
   * Name of the secret, which servers have in `callContext().caller.identity.proven.secret`. Secrets of one name stand for the same
   * callers. Range: 1 to 64 characters. @default 'default'
   */
  name?: string | undefined;
  /** The secret itself: bytes, or a text with one secret in each line. */
  value?: string | Uint8Array | undefined;
  /** Path of a file with one secret in each line. The file is read again when it has changed. */
  file?: string | undefined;
  /** Name of a variable of the environment with one secret in each line. */
  env?: string | undefined;
}

/**
 * A secret that both ends know: a text, bytes, or a {@link NamedSecret}. Several secrets are given as a list. This end proves with
 * the first one that the other end knows.
 */
export type SecretOption = string | Uint8Array | NamedSecret | readonly (string | Uint8Array | NamedSecret)[];

/** One entry of the option. */
export interface SecretSource {
  readonly name: string;
  /** Path of the file, where the secrets come from a file. */
  readonly file: string | undefined;
  /** Reads the secrets. Throws {@link RpcCode.InvalidArgument}. */
  read(): { readonly secrets: readonly Uint8Array[]; readonly version: string };
  /** State of the source now, for a comparison with the state that was read. */
  version(): string | undefined;
}

/** Checks the option, and returns its entries. Throws {@link RpcCode.InvalidArgument}, which never has a part of a secret. */
export function secretSources(name: string, given: unknown): readonly SecretSource[] {
  const entries: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (entries.length === 0 || entries.length > MAX_SECRETS)
    throw invalid(`${name} must be one secret, or a list of 1 to ${MAX_SECRETS}, got a list of ${entries.length}`);
  return entries.map((entry, at) => sourceOf(Array.isArray(given) ? `${name}[${at}]` : name, entry));
}

/** The number of all secrets of the option, with a check. */
export function checkCount(name: string, count: number): void {
  if (count > MAX_SECRETS)
    throw invalid(`${name} has ${count} secrets, and at most ${MAX_SECRETS} may be valid at once`);
}

function sourceOf(name: string, given: unknown): SecretSource {
  if (typeof given === 'string' || given instanceof Uint8Array) return fixed(DEFAULT_NAME, secretsIn(name, given));
  if (typeof given !== 'object' || given === null)
    throw invalid(`${name} must be a text, bytes, or one of { value }, { file } and { env }, got ${typeName(given)}`);
  const { name: label, value, file, env } = given as NamedSecret;
  const named = label === undefined ? DEFAULT_NAME : nonEmptyString(`${name}.name`, label);
  if (named.length > MAX_NAME) throw unfit(`${name}.name`, `a text of at most ${MAX_NAME} characters`, named);
  const ways = [value, file, env].filter((way) => way !== undefined).length;
  if (ways !== 1) throw invalid(`${name} must have exactly one of value, file and env, and has ${ways}`);
  if (file !== undefined) return fromFile(`${name}.file`, named, resolve(nonEmptyString(`${name}.file`, file)));
  if (env !== undefined) return fromEnvironment(`${name}.env`, named, nonEmptyString(`${name}.env`, env));
  if (typeof value !== 'string' && !(value instanceof Uint8Array))
    throw invalid(`${name}.value must be a text or bytes, got ${typeName(value)}`);
  return fixed(named, secretsIn(`${name}.value`, value));
}

function fixed(name: string, secrets: readonly Uint8Array[]): SecretSource {
  const read = { secrets, version: '' };
  return { name, file: undefined, read: () => read, version: () => '' };
}

function fromEnvironment(option: string, name: string, variable: string): SecretSource {
  const text = process.env[variable];
  if (text === undefined) throw invalid(`${option} names a variable that is not set: ${shown(variable)}`);
  return fixed(name, secretsIn(`${option} (${shown(variable)})`, text));
}

function fromFile(option: string, name: string, file: string): SecretSource {
  return {
    name,
    file,
    read() {
      const { bytes, version } = readSecretFile(option, file);
      return { secrets: secretsIn(`${option} (${shown(file)})`, textOf(option, file, bytes)), version };
    },
    version: () => fileVersion(file),
  };
}

function textOf(option: string, file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid(`${option} must be a text file, and ${shown(file)} holds other bytes: ${CURE}`);
  }
}

/** The secrets in a text, one in each line, or the one secret that bytes are. */
function secretsIn(name: string, given: string | Uint8Array): readonly Uint8Array[] {
  if (typeof given !== 'string') return [checkLength(name, Uint8Array.from(given))];
  const lines = given.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length === 0) throw invalid(`${name} is empty: ${CURE}`);
  return lines.map((line) => checkLength(name, new TextEncoder().encode(line)));
}

function checkLength(name: string, secret: Uint8Array): Uint8Array {
  const { length } = secret;
  if (length >= MIN_BYTES && length <= MAX_BYTES) return secret;
  throw invalid(`${name} must have ${MIN_BYTES} to ${MAX_BYTES} bytes, and has ${length}: ${CURE}`);
}

/** The type alone: the value may be a secret in a wrong place. */
function typeName(value: unknown): string {
  return value === null ? 'null' : `a value of the type ${typeof value}`;
}

import { nearName } from '../near-name.js';
import { invalid } from '../options.js';
import { quoted, shown } from '../quoted.js';
import { type Checks, markChecked, partsOf } from './checked-method.js';
import type {
  Any,
  Anything,
  CheckedCallbackMethod,
  CheckedMethod,
  Missing,
  OutputsOf,
  ReturnOf,
  SchemaList,
  TakesCallback,
} from './checked-types.js';
import { callDirectly } from './direct-call.js';
import { isFunction, isObject, type Method } from './functions.js';
import type { ListSchemas } from './list-check.js';
import { isClass } from './methods.js';
import { isSchemaLike, isStandardSchema } from './standard-schema.js';

/** Schemas of a checked method, of any library that implements Standard Schema version 1: zod, valibot, ArkType and others. */
export interface CheckedOptions<Args, Returns = undefined> {
  /** One schema for each argument, in order; or one schema for the list of all arguments. */
  readonly args: Args;
  /**
   * Schema of the result, or of each item where the method answers with a stream. A list has one schema for each result of a
   * callback.
   * @default results are not checked
   */
  readonly returns?: Returns | undefined;
}

const NAMES = ['args', 'returns'];
const A_SCHEMA = 'a schema of a library that implements Standard Schema version 1';

/**
 * Makes a remote method whose arguments are checked before the method runs. Callers are typed by the input types of the
 * schemas, and the method gets their outputs. A method that answers through a callback declares the types of its parameters.
 *
 * The server checks within the deadline of the call, once the call is admitted; synchronously, unless a schema is asynchronous.
 * Arguments that do not fit reject the call with {@link RpcCode.Validation}, and the method does not run. A result that does
 * not fit `returns` fails the call with {@link RpcCode.Remote}; only the log of the server has the reason. The items of a stream are
 * checked one by one, and one that does not fit ends the stream likewise.
 *
 * A direct call of the returned function, as in a test, checks too.
 *
 * @throws {@link RpcCode.InvalidArgument} where `args` or `returns` has something else than schemas, and where `method` is no
 * function.
 * @example
 * ```ts
 * import { checked, createServer } from 'mailstation';
 * import { z } from 'zod';
 *
 * const join = checked({ args: [z.string().min(1), z.number().int().default(0)] }, (room, seat) => `${room}:${seat}`);
 * createServer({ port: 0, services: { user: { rooms: { join } } } });
 * ```
 */
export function checked<
  const Args extends SchemaList,
  M extends (this: Any, ...args: Any) => ReturnOf<Returns> | Anything,
  const Returns extends SchemaList | undefined = undefined,
>(
  options: CheckedOptions<Args, Returns> & (TakesCallback<M, Args> extends true ? unknown : Missing<'a callback'>),
  method: M,
): CheckedCallbackMethod<M, Args>;
export function checked<
  const Args extends SchemaList,
  M extends (this: Any, ...args: OutputsOf<Args>) => ReturnOf<Returns>,
  const Returns extends SchemaList | undefined = undefined,
>(options: CheckedOptions<Args, Returns>, method: M): CheckedMethod<M, Args, Returns>;
export function checked(options: CheckedOptions<unknown, unknown>, method: unknown): Method {
  const fn = checkedFunction(method);
  const name = fn.name === '' ? 'checked()' : `checked() of ${fn.name}`;
  const checks = readChecks(name, options);
  // A method, and no function, has no prototype and is never taken for a class.
  const { call } = {
    call(this: unknown, ...given: unknown[]): unknown {
      return callDirectly({ fn, checks, self: this, name: fn.name || 'the method' }, given);
    },
  };
  Object.defineProperty(call, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(call, 'length', { value: fn.length, configurable: true });
  markChecked(call, fn, checks);
  return call;
}

function checkedFunction(method: unknown): Method {
  if (isSchemaLike(method)) throw invalid('checked(options, method): the method is a schema; give schemas in args');
  if (!isFunction(method))
    throw invalid(`checked(options, method): the method must be a function, got ${shown(method)}`);
  if (isClass(method))
    throw invalid(`checked(options, method): ${method.name || 'the method'} is a class; check its methods one by one`);
  if (partsOf(method).checks !== undefined)
    throw invalid(
      `checked(options, method): ${method.name || 'the method'} is checked already; give all schemas at once`,
    );
  return method;
}

function readChecks(name: string, options: unknown): Checks {
  if (!isObject(options) || isSchemaLike(options))
    throw invalid(`${name}: the options must be an object with args, got ${shown(options)}`);
  for (const key of Object.keys(options)) {
    const near = nearName(key, NAMES);
    if (!NAMES.includes(key))
      throw invalid(
        `${name}: there is no option ${quoted(key)}${near === undefined ? '' : ` (did you mean ${near}?)`}`,
      );
  }
  const { args, returns } = options as CheckedOptions<unknown, unknown>;
  if (args === undefined) throw invalid(`${name}: args is missing: give a list of schemas, one for each argument`);
  const results = returns === undefined ? undefined : schemasOf(`${name}: returns`, returns);
  return {
    args: schemasOf(`${name}: args`, args),
    returns: results === undefined || Array.isArray(results) ? results : ([results] as ListSchemas),
  };
}

/** Reads the list once: the list of the caller may change. */
function schemasOf(name: string, given: unknown): ListSchemas {
  if (isStandardSchema(given)) return given;
  if (!Array.isArray(given))
    throw invalid(`${name} must be ${A_SCHEMA}, or a list of such schemas, got ${shown(given)}`);
  return Array.from(given, (schema: unknown, at) => {
    if (isStandardSchema(schema)) return schema;
    throw invalid(`${name}[${at}] must be ${A_SCHEMA}, got ${shown(schema)}`);
  });
}

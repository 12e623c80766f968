import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isFunction, isObject } from './functions.js';
import { IssueList } from './issue-list.js';

/** Schemas of a list of values: one for each position, or one for the whole list. */
export type ListSchemas = readonly StandardSchemaV1[] | StandardSchemaV1;

/** Whether the schemas are one for each position. A schema of ArkType is a function, and none is an array. */
export function isPositional(schemas: ListSchemas): schemas is readonly StandardSchemaV1[] {
  return Array.isArray(schemas);
}

/**
 * One check of one list of values. Positions are checked independently, so that all issues are found at once. Synchronous
 * as long as every schema is.
 */
export class ListCheck {
  readonly issues = new IssueList();
  /** Values as the schemas have made them, once the check is over and there are no issues. */
  outputs: unknown[] = [];
  /** First failure of a schema itself: a check that threw, or an answer that is not one of a Standard Schema. */
  fault: Error | undefined;
  #waiting: Promise<void>[] | undefined;

  /** Checks the values. Returns a promise where a schema is asynchronous, which never rejects, and undefined otherwise. */
  run(schemas: ListSchemas, values: readonly unknown[]): Promise<unknown> | undefined {
    if (isPositional(schemas)) this.#each(schemas, values);
    else this.#validate(schemas, withoutMissing(values), undefined);
    return this.#waiting && Promise.all(this.#waiting);
  }

  #each(schemas: readonly StandardSchemaV1[], values: readonly unknown[]): void {
    this.outputs = new Array<unknown>(schemas.length).fill(undefined);
    for (const [at, schema] of schemas.entries()) this.#validate(schema, values[at], at);
    const extra = values.findIndex((value, at) => at >= schemas.length && value !== undefined);
    if (extra >= 0)
      this.issues.add([extra], `there are schemas for ${schemas.length} values, and this one is too many`);
  }

  #validate(schema: StandardSchemaV1, value: unknown, at: number | undefined): void {
    try {
      const result: unknown = schema['~standard'].validate(value);
      if (!isThenable(result)) return this.#take(result, at);
      this.#waiting ??= [];
      this.#waiting.push(
        Promise.resolve(result)
          .then((settled) => this.#take(settled, at))
          .catch((thrown: unknown) => this.#failed(thrown, at)),
      );
    } catch (thrown) {
      this.#failed(thrown, at);
    }
  }

  #take(result: unknown, at: number | undefined): void {
    if (!isObject(result) && !isFunction(result)) throw new TypeError('the schema answered with no result object');
    const { issues, value } = result as { issues?: unknown; value?: unknown };
    if (issues !== undefined) return this.issues.take(issues, at);
    if (!('value' in result)) throw new TypeError('the schema answered with neither issues nor a value');
    if (at !== undefined) this.outputs[at] = value;
    else if (Array.isArray(value)) this.outputs = [...value];
    else throw new TypeError('the schema of the whole list made a value that is no array');
  }

  #failed(cause: unknown, at: number | undefined): void {
    this.fault ??= new Error(at === undefined ? 'the schema failed' : `the schema at position ${at} failed`, { cause });
  }
}

/** A list without the `undefined` at the end: callers may send that for arguments that they leave out, and ArkType refuses it. */
export function withoutMissing(values: readonly unknown[]): unknown[] {
  return values.slice(0, values.findLastIndex((value) => value !== undefined) + 1);
}

function isThenable(result: unknown): result is PromiseLike<unknown> {
  return (isObject(result) || isFunction(result)) && isFunction((result as { then?: unknown }).then);
}

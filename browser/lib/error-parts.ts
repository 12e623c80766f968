import { isReservedField } from '../../lib/reserved-field.js';

/** Parts of an error that travel. See lib/error-parts.ts. */
export interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly code: string | number | undefined;
  readonly cause: unknown;
  readonly errors: readonly unknown[] | undefined;
  readonly fields: readonly (readonly [name: string, value: unknown])[];
}

export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error;
}

/** The `code` of an error, or of an object like one, if the code is of a type that travels. */
export function codeOf(error: object): string | number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
}

export function errorParts(error: Error): ErrorParts {
  const { name, message, cause } = error;
  const errors = error instanceof AggregateError ? error.errors : undefined;
  const fields = Object.entries(error).filter(([field, value]) => !isReservedField(field) && value !== undefined);
  return { name, message, code: codeOf(error), cause, errors, fields };
}

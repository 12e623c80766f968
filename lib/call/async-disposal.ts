/** `Symbol.asyncDispose` where the types of the platform have it. */
type AsyncDispose = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol } ? Key : never;

/** The method that `await using` calls, on platforms that have `Symbol.asyncDispose`. */
export type AsyncDisposal = { [Key in AsyncDispose]: () => Promise<void> };

// Without the symbol the platform has no `await using` either, and nothing asks for the method.
const { asyncDispose = Symbol() } = Symbol as { readonly asyncDispose?: symbol };

class EndedWithScope {
  declare return: () => Promise<unknown>;

  async [asyncDispose](): Promise<void> {
    await this.return();
  }
}

/** Base of iterators that `await using` ends as `return()` does. */
export const AsyncDisposable = EndedWithScope as unknown as new () => AsyncDisposal;

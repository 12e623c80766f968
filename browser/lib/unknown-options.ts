// Programs of a page are typed. The names of all options would take more room than a check of them is worth.

export type OptionNames<_Options> = object;

export function unknownOptions(..._given: unknown[]): readonly string[] {
  return [];
}

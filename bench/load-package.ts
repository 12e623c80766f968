/**
 * A package of bench/package.json. The name is no literal: the compiler would look for the package, which is installed by the
 * bench alone. `Api` is the part of the package that the bench uses, declared beside its use.
 */
export async function loadPackage<Api>(name: string): Promise<Api> {
  return (await import(name)) as Api;
}

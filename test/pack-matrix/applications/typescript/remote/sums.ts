export const add = (a: number, b: number): number => a + b;

export async function* upTo(end: number): AsyncGenerator<number> {
  for (let n = 1; n <= end; n++) yield n;
}

export function fail(): never {
  throw new RangeError('no such sum');
}

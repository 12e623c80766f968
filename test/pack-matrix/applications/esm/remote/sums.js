export const add = (a, b) => a + b;

export async function* upTo(end) {
  for (let n = 1; n <= end; n++) yield n;
}

export function fail() {
  throw new RangeError('no such sum');
}

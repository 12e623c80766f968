/** Makes of each entry what `make` resolves to, for so many entries at once. In the order of the list. */
export async function inParallel<From, To>(
  list: readonly From[],
  atOnce: number,
  make: (from: From) => Promise<To>,
): Promise<To[]> {
  const made: To[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < list.length; at = next++) made[at] = await make(list[at] as From);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, work));
  return made;
}

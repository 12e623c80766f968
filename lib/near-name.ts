/** The known name that a mistyped one probably stands for, or undefined where no known name is similar enough. */
export function nearName(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  // A third of the letters may be wrong: `prot` is near `port`, and `age` is not near `name`.
  let best = Math.floor(name.length / 3) + 1;
  for (const each of known) {
    if (isSibling(wanted, each.toLowerCase())) continue;
    const distance = editDistance(wanted, each.toLowerCase(), best);
    if (distance < best) [nearest, best] = [each, distance];
  }
  return nearest;
}

/** Whether two names differ in their numbers alone. A server `chat-1` is no misspelling of `chat-2`, which may have been removed. */
function isSibling(a: string, b: string): boolean {
  return a !== b && lettersOf(a) === lettersOf(b);
}

/** The name with a `#` in the place of each number, so that `chat2` and `chat10` are alike and `chat` is not. */
function lettersOf(name: string): string {
  return name.replace(/\d+/g, '#');
}

/**
 * Number of letters to insert, delete, replace, or swap with the next letter, to make `b` of `a`; or any number from `limit`
 * on, where that many are not enough. Optimal string alignment: no letter is changed twice.
 */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const replaced = at(above, column - 1) + (isSame ? 0 : 1);
      const swapped = isSwapped ? at(before, column - 2) + 1 : limit;
      current.push(Math.min(replaced, swapped, at(above, column) + 1, at(current, column - 1) + 1));
    }
    [before, above] = [above, current];
  }
  return at(above, b.length);
}

function at(distances: readonly number[], column: number): number {
  return distances[column] ?? 0;
}

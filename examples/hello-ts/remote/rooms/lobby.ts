const members = new Set<string>();

/** Lets a guest in, and answers with all who are there. */
export async function join(name: string): Promise<string[]> {
  members.add(name);
  return [...members];
}

/** A stream: yields the members one by one. */
export async function* list(): AsyncGenerator<{ name: string; letters: number }> {
  for (const name of members) yield { name, letters: name.length };
}

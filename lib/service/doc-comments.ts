/** Longest text of a comment that is kept. Characters */
const MAX_DOC = 4_000;

/** Beginning of a definition behind a comment, up to the name of what is defined. */
const DEFINITION =
  /\s*(?:(?:export|default|public|static|override|async|function|const|let|var)\b\s*|\*\s*|(?:module\.)?exports\.)*(?:([\p{ID_Start}$][\p{ID_Continue}$]*)|'([^'\\\n]*)'|"([^"\\\n]*)")\s*[(=:<]/uy;

/**
 * Doc comments of a source, by the name of the function, method or property behind each. A name that has two different comments, in
 * two classes of a file for example, is left out: nothing says which one is meant.
 */
export function docComments(source: string): ReadonlyMap<string, string> {
  const docs = new Map<string, string>();
  const ambiguous = new Set<string>();
  let end = 0;
  for (let start = source.indexOf('/**'); start >= 0; start = source.indexOf('/**', end)) {
    const closed = source.indexOf('*/', start + 2);
    if (closed < 0) break;
    end = closed + 2;
    DEFINITION.lastIndex = end;
    const [, plain, single, double] = DEFINITION.exec(source) ?? [];
    const name = plain ?? single ?? double;
    const text = textOf(source.slice(start + 3, closed));
    if (name === undefined || text === '') continue;
    if (docs.has(name) && docs.get(name) !== text) ambiguous.add(name);
    docs.set(name, text);
  }
  for (const name of ambiguous) docs.delete(name);
  return docs;
}

/** Text of a comment without its stars. */
function textOf(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const text = lines.join('\n').trim();
  return text.length <= MAX_DOC ? text : `${text.slice(0, MAX_DOC)}...`;
}

/** A value that some methods give their callback in the place of the error, and that is neither an error nor nothing. */
export type FalsyFirst = 0 | false | '';

/** A page makes no calls in pomelo's form, whose callbacks get that value. */
export function noteFirst(_results: readonly unknown[], _first: unknown): void {}

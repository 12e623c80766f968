/** A page has one copy of the package, whose classes know their instances. */
export function spanCopies(_type: unknown, _name: string): void {}

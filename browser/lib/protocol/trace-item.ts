/** A call of a page has no trace context: pages have no channels, whose listeners give calls one. */
export function writeTrace(_out: unknown, _text: string): void {}

import { unfit } from '../options.js';

const NAMESPACE = /^[\w.-]{1,128}$/;

/** Checks a namespace: a part of keys, which a slash would divide. Throws {@link RpcCode.InvalidArgument}. */
export function namespaceOption(name: string, value: unknown): string {
  if (typeof value === 'string' && NAMESPACE.test(value)) return value;
  throw unfit(name, '1 to 128 letters, digits, ".", "_" and "-"', value);
}

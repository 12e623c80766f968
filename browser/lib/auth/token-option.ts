/** Makes the token of a registration. */
export type MakeToken = () => unknown;

/** The option `auth`. A token that JSON does not carry, or that is too long for a head, fails with the registration. */
export function tokenOption(_name: string, given: unknown): MakeToken | undefined {
  return given === undefined || typeof given === 'function' ? (given as MakeToken | undefined) : () => given;
}

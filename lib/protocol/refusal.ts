/**
 * Reasons for which a Leader refuses a registration, as the refusal's `error.code` says them on the wire. A code is added,
 * never renamed or reused. Version 0.1.0 sends no code.
 */
export const RefusalCode = {
  /** No process leads the channel on this port, or none did while the Follower could wait. */
  NoLeader: 'no_leader',
  /** The Leader knows none of the codecs that the Follower offers. */
  NoCodec: 'no_codec',
  /** The real client of the shared client could not be made. */
  LeaderFailed: 'leader_failed',
  /** The process that holds the channel waits for its real client to be ready. `cause` is the client's last error, if any. */
  LeaderStarting: 'leader_starting',
  /** The connection is registered on another channel already. */
  OtherChannel: 'other_channel',
  /** The Leader admits only Followers that prove a secret, and this one has offered none. */
  SecretRequired: 'secret_required',
  /** The two ends have no secret in common, or the Follower's proof was wrong. */
  WrongSecret: 'wrong_secret',
  /** The Leader's `authenticate` has not accepted the token of the Follower. */
  NotAuthenticated: 'not_authenticated',
  /** The certificate of the Follower was refused, or is missing. Sent before anything of the Follower is read. */
  Certificate: 'certificate_refused',
} as const;
export type RefusalCode = (typeof RefusalCode)[keyof typeof RefusalCode];

/** Refusals for want of a proof or a token. */
export const AUTH_REFUSALS: readonly RefusalCode[] = [
  RefusalCode.SecretRequired,
  RefusalCode.WrongSecret,
  RefusalCode.NotAuthenticated,
];

/** The code of a refusal; undefined for anything that is not one of {@link RefusalCode}. */
export function refusalCode(code: unknown): RefusalCode | undefined {
  return Object.values(RefusalCode).find((known) => known === code);
}

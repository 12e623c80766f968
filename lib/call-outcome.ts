/**
 * How a call ended at the server:
 * - `ok`: the method has answered, and all items of a stream are sent.
 * - `failed`: the method failed, or the result could not be sent.
 * - `refused`: the method did not run.
 * - `late`: the method answered when the deadline of the caller had passed.
 * - `left`: the caller cancelled the call, wanted no more of a stream, or lost the connection, before the method answered.
 * - `unanswered`: the method has not answered, its caller has waited to the deadline, and the server has stopped to wait for the answer
 *   (`abandonedTimeout`).
 */
export type CallOutcome = 'ok' | 'failed' | 'refused' | 'late' | 'left' | 'unanswered';

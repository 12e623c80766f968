import type { Difference } from './compare.js';
import type { Program } from './program.js';

const EMPTY = 'a callback that is called without arguments arrives with `null` as its first one';
const UNANSWERED = 'pomelo-rpc never calls the callback back; ours passes an error that names the reason';
const TEXT = 'the text names the call, the place and what exists there';

const DIFFERENCES: readonly Difference[] = [
  { line: 'pushAll', original: /"got":\[\],/, ours: /"got":\[null\],/, why: EMPTY },
  {
    line: 'the kind of an error',
    original: /\[false,\["stack"\]\]$/,
    ours: /\[true,\["code","serverId","method","delivery"\]\]$/,
    why: 'an error is an `RpcError`, where pomelo-rpc gives a plain object with a stack',
  },
  { line: 'no result', original: /: \[\]$/, ours: /: \[null\]$/, why: EMPTY },
  {
    line: 'a method without an answer',
    original: /rpc connector-1 callback timeout 1000,/,
    ours: /user\.sums\.silent on chat-2: no answer after 1000 ms/,
    why: 'a timeout names the method and where the time went',
  },
  {
    line: 'a Date',
    original: /"\[object String\]","1970-/,
    ours: /"\[object Date\]","Thu Jan 01 1970/,
    why: 'a Date arrives as a Date, where pomelo-rpc sends the JSON of all values',
  },
  {
    line: 'undefined as an argument',
    original: /"\[object Null\]"/,
    ours: /"\[object Undefined\]"/,
    why: '`undefined` arrives as `undefined`, where pomelo-rpc sends the JSON of all values',
  },
  {
    line: 'toServer with a star',
    original: /: \[null\]$/,
    ours: /: \[null,\[.*"serverId":"chat-1","status":"fulfilled".*"serverId":"chat-2","status":"fulfilled".*\]\]$/,
    why: 'the second argument has the outcome of each server',
  },
  { line: 'toServer with an unknown id', original: /not called"$/, ours: /no server with the id/, why: UNANSWERED },
  { line: 'a method that does not exist', original: /no such method/, ours: /no such method: .* has add,/, why: TEXT },
  {
    line: 'a service that does not exist',
    original: /no such service/,
    ours: /no such module: .* has rooms/,
    why: TEXT,
  },
  {
    line: 'a gate without a port',
    original: /"thrown":/,
    ours: /"error":.*server gate-1 is known, but its entry has no port/,
    why: 'pomelo-rpc throws at the caller what the socket throws; ours fails the call and says why',
  },
  { line: 'a call that a filter refuses', original: /not called"$/, ours: /a guest may not do this/, why: UNANSWERED },
  {
    line: 'a call of a server that was removed',
    original: /not called"$/,
    ours: /no server with the id/,
    why: UNANSWERED,
  },
  {
    line: 'filters before and after doors.open',
    original: /\[0,0\]$/,
    ours: /\[1,0\]$/,
    why: 'filters run also for a call that cannot be sent',
  },
  {
    line: 'filters before and after sums.add',
    original: /\[9,9\]$/,
    ours: /\[10,8\]$/,
    why: 'a call of a removed server fails at once, where pomelo-rpc sends the call when that server is added again',
  },
  { line: 'ada evicts cid', original: /"got":\[\],/, ours: /"got":\[null\],/, why: EMPTY },
];

/** With `rpcDebugLog`, pomelo-rpc calls back where it otherwise stays silent, with the number of an error. */
const NUMBERS: Readonly<Record<string, RegExp>> = {
  'a method without an answer': /rpc failed with error code: 5/,
  'toServer with an unknown id': /rpc failed with error code: 2/,
  'a call of a server that was removed': /rpc failed with error code: 2/,
};

const WITH_DEBUG_LOG: readonly Difference[] = DIFFERENCES.map((row) => {
  const original = NUMBERS[row.line];
  return original === undefined
    ? row
    : { ...row, original, why: 'an error has a text and a code in the place of a number' };
});

const POMELO = {
  folder: 'pomelo',
  dependencies: { pomelo: '2.2.7' },
  replaced: 'pomelo-rpc',
};

export const POMELO_PROGRAMS: readonly Program[] = [
  { ...POMELO, name: 'pomelo 2.2.7', differences: DIFFERENCES },
  { ...POMELO, name: 'pomelo 2.2.7 with rpcDebugLog', env: { RPC_DEBUG_LOG: '1' }, differences: WITH_DEBUG_LOG },
];

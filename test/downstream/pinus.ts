import type { Difference } from './compare.js';
import type { Program } from './program.js';

const UNSETTLED = 'pinus-rpc leaves the promise open for ever; ours rejects with the reason';
const TEXT = 'the text names the call, the place and what exists there';
const BARE = 'a callback gets no second argument where a method returns nothing';

const DIFFERENCES: readonly Difference[] = [
  { line: 'pushAll', original: /"got":\[null,null\]/, ours: /"got":\[null\]/, why: BARE },
  {
    line: 'the kind of an error',
    original: /\[false,\["stack"\]\]$/,
    ours: /\[true,\["code","serverId","method","delivery"\]\]$/,
    why: 'an error is an `RpcError`, where pinus-rpc gives a plain object with a stack',
  },
  {
    line: 'no result',
    original: /: null$/,
    ours: /: "undefined"$/,
    why: 'a method that returns nothing gives `undefined`, where pinus-rpc gives `null`',
  },
  {
    line: 'a method without an answer',
    original: /rpc connector-1 callback timeout 1000,/,
    ours: /user\.sums\.silent on chat-2: no answer after 1000 ms/,
    why: 'a timeout names the method and where the time went',
  },
  {
    line: 'a Date',
    original: /\[object String\] 1970-/,
    ours: /\[object Date\] Thu Jan 01 1970/,
    why: 'a Date arrives as a Date, where pinus-rpc sends the JSON of all values',
  },
  {
    line: 'undefined as an argument',
    original: /\[object Null\]/,
    ours: /\[object Undefined\]/,
    why: '`undefined` arrives as `undefined`, where pinus-rpc sends the JSON of all values',
  },
  { line: 'toServer with an unknown id', original: /not settle"$/, ours: /no server with the id/, why: UNSETTLED },
  { line: 'a call that a filter refuses', original: /not settle"$/, ours: /a guest may not do this/, why: UNSETTLED },
  {
    line: 'a call of a server that was removed',
    original: /not settle"$/,
    ours: /no server with the id/,
    why: UNSETTLED,
  },
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
    why: 'pinus-rpc throws at the caller what the socket throws; ours fails the call and says why',
  },
  {
    line: 'filters before and after doors.open',
    original: /\[0,0\]$/,
    ours: /\[1,0\]$/,
    why: 'filters run also for a call that cannot be sent',
  },
  {
    line: 'filters before and after sums.add',
    original: /\[14,14\]$/,
    ours: /\[15,13\]$/,
    why: 'a call of a removed server fails at once, where pinus-rpc sends the call when that server is added again',
  },
  { line: 'ada evicts cid', original: /"got":\[null,null\]/, ours: /"got":\[null\]/, why: BARE },
];

export const PINUS_PROGRAMS: readonly Program[] = [
  {
    name: 'pinus 1.7.4',
    folder: 'pinus',
    dependencies: { pinus: '1.7.4', 'reflect-metadata': '0.2.2' },
    replaced: 'pinus-rpc',
    differences: DIFFERENCES,
  },
];

import type { Refusal } from '../../call/call-contract.js';
import { OutgoingCall } from '../../call/outgoing-call.js';
import { RpcCode, RpcError } from '../../errors.js';
import type { AnswerWriter } from '../../serving/answer-writer.js';
import type { Answerer } from '../../serving/incoming-call.js';
import type { PendingCalls } from '../../transport/pending-calls.js';

/** For one-way calls. */
export const NO_ANSWERS: Answerer = { answerResults: () => {}, answerError: () => {}, served: () => {} };

/** Answers with copies, as a Follower is answered. */
export function copiedAnswers(answers: AnswerWriter): Answerer {
  return {
    answerResults: (id, method, results) => answers.results(id, method, results),
    answerError: (id, error, code, method) => answers.failure(id, error, code, method),
    served: () => {},
  };
}

/** Answers with the very results and errors of the real client. Source: cluster-client. */
export function directAnswers(pending: PendingCalls): Answerer {
  const take = (id: number): OutgoingCall | undefined => {
    const call = pending.take(id);
    return call instanceof OutgoingCall ? call : undefined;
  };
  return {
    answerResults: (id, _method, results) => void take(id)?.succeed(results),
    answerError: (id, error, code) => {
      const call = take(id);
      if (code === undefined) call?.fail(call.error(RpcCode.Remote, error.message, 'answered', error));
      else call?.fail(call.error(code, error.message, 'answered', error.cause, undefined, issuesOf(error)));
    },
    served: () => {},
  };
}

function issuesOf(error: Error): Refusal | undefined {
  return error instanceof RpcError ? { issues: error.issues } : undefined;
}

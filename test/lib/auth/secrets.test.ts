import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Secrets } from '../../../lib/auth/secrets.js';
import { keptLog } from '../../behaviour/support.js';
import * as page from '../../docs/wire-secret.js';

const OLD = 'the older one of two secrets';
const NEW = 'the newer one of two secrets';
const PLACE = { channel: 'test-1', place: '', binding: undefined };

/** A file of secrets that is replaced as a whole. */
function secretFile(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-secrets-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'secret');
  let version = 0;
  const write = (content: string): void => {
    version += 1;
    const fresh = join(folder, `fresh-${version}`);
    writeFileSync(fresh, content, { mode: 0o600 });
    renameSync(fresh, path);
  };
  return { path, write };
}

/** True where the Leader accepts the Follower, and the Follower the Leader. */
function agree(leader: Secrets, follower: Secrets, more: { leader?: object; follower?: object } = {}): boolean {
  const proof = follower.begin({ ...PLACE, ...more.follower });
  const answer = leader.challenge(proof.offer, { ...PLACE, ...more.leader });
  const proven = answer && proof.prove(answer.challenge);
  return proven !== undefined && answer?.verify(proven) === true;
}

describe('Secrets', () => {
  const { logger, lines } = keptLog();
  const of = (given: unknown): Secrets => new Secrets('secret', given, logger);

  it('agree where they have one in common, on the channel and at the place', () => {
    assert.equal(agree(of(OLD), of(OLD)), true);
    assert.equal(agree(of([OLD, NEW]), of(NEW)), true);
    assert.equal(agree(of(OLD), of([NEW, OLD])), true);
    assert.equal(agree(of(OLD), of(NEW)), false);
    assert.equal(agree(of(OLD), of(OLD), { leader: { channel: 'test-2' } }), false);
    assert.equal(agree(of(OLD), of(OLD), { leader: { place: 'tcp://127.0.0.1:1' } }), false);
  });

  it('bind their proofs to a TLS connection that both ends see, and notice one that does not', () => {
    const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const bind = (follower?: Buffer, leader?: Buffer) =>
      agree(of(OLD), of(OLD), { follower: { binding: follower }, leader: { binding: leader } });
    assert.equal(bind(one, one), true);
    assert.equal(bind(one, other), false);
    assert.equal(bind(one, undefined), true); // a proxy ends TLS before the Leader
    assert.equal(bind(undefined, other), true);
    const proof = of(OLD).begin({ ...PLACE, binding: one });
    assert.equal(proof.offer.b, 1);
    const { b: _removed, ...stripped } = proof.offer;
    const answer = of(OLD).challenge(stripped, { ...PLACE, binding: other });
    assert.equal(answer && proof.prove(answer.challenge), undefined);
    const { b: _alsoRemoved, ...challenge } = answer?.challenge ?? assert.fail();
    assert.equal(proof.prove(challenge), undefined);
  });

  it('make the proofs of docs/wire.md', () => {
    const proof = of(OLD).begin({ ...PLACE, place: 'tcp://127.0.0.1:7777' });
    const { nonce: followerNonce, hints } = proof.offer;
    const [hint = ''] = hints;
    assert.equal(hint, page.hintOf(OLD, followerNonce));
    const parts = { channelName: 'test-1', place: 'tcp://127.0.0.1:7777', followerNonce, hint };
    const leaderNonce = page.makeNonce();
    const whole = { ...parts, leaderNonce };
    const answer = proof.prove({ nonce: leaderNonce, hint, proof: page.proofOf(OLD, 'leader', whole) });
    assert.equal(answer, page.proofOf(OLD, 'follower', whole));
  });

  it('are never the same twice, in what travels', () => {
    const secrets = of([OLD, NEW]);
    const [one, other] = [secrets.begin(PLACE).offer, secrets.begin(PLACE).offer];
    const texts = [one.nonce, ...one.hints, other.nonce, ...other.hints];
    assert.equal(new Set(texts).size, 6);
  });

  it('read a file again when the other end knows a newer secret, and when theirs was taken away', (t) => {
    const { path, write } = secretFile(t);
    write(OLD);
    const leader = of({ file: path });
    assert.equal(agree(leader, of(NEW)), false);
    write(`${NEW}\n${OLD}`);
    assert.equal(agree(leader, of(NEW)), true); // at once, although the files were looked at a moment ago
    assert.equal(agree(leader, of(OLD)), true);
    write(NEW);
    assert.equal(agree(of(OLD), leader), false); // a Follower looks each time
    assert.equal(agree(leader, of(OLD)), false);
  });

  it('keep what they have where a file cannot be used any more, with one line', (t) => {
    const { path, write } = secretFile(t);
    write(OLD);
    const leader = of({ file: path });
    for (const [content, why] of [
      ['short', /secret\.file \(".*"\) must have 16 to 1024 bytes, and has 5/],
      ['', /secret\.file \(".*"\) is empty/],
      [Array.from({ length: 17 }, (_, at) => `secret number ${at}, of too many`).join('\n'), /secret has 17 secrets/],
    ] as const) {
      lines.length = 0;
      write(content);
      for (let i = 0; i < 3; i++) assert.equal(agree(of(OLD), leader), true);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] as string, why);
      assert.match(lines[0] as string, /; the secrets that were read before stay valid$/);
      assert.ok(!lines[0]?.includes('number 3'));
    }
    rmSync(path);
    lines.length = 0;
    assert.equal(agree(of(OLD), leader), true);
    assert.match(lines.join(), /cannot be read from/);
    write(NEW);
    assert.equal(agree(of(NEW), leader), true);
  });
});

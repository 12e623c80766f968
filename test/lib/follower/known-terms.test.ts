import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnownTerms } from '../../../lib/follower/known-terms.js';

const term = (revision: number, store = 's1') => ({ store, revision });

describe('the terms that a caller knows', () => {
  it('refuse a lower term of the store, and keep the highest one', () => {
    const terms = new KnownTerms();
    assert.equal(terms.take('area-1', term(7)), undefined);
    assert.equal(terms.take('area-1', term(9)), undefined);
    assert.equal(
      terms.take('area-1', term(7)),
      'a later process has led "area-1": the term there is 7, and the highest one is 9',
    );
    assert.equal(terms.take('area-1', term(9)), undefined);
    assert.equal(terms.take('area-2', term(1)), undefined);
  });

  it('take a term of the registry, unless a Leader has shown a higher one of that store', () => {
    const terms = new KnownTerms();
    terms.trust('area-1', term(9));
    assert.match(terms.take('area-1', term(8)) ?? '', /the highest one is 9$/);
    assert.equal(terms.take('area-1', term(11)), undefined);
    terms.trust('area-1', term(10));
    assert.match(terms.take('area-1', term(10)) ?? '', /the highest one is 11$/);
  });

  it('believe a new store of the registry alone', () => {
    const terms = new KnownTerms();
    terms.trust('area-1', term(100));
    assert.equal(
      terms.take('area-1', term(3, 's2')),
      'the term there is one of the store "s2", and the registry elects the Leader of "area-1" in the store "s1"',
    );
    terms.trust('area-1', term(2, 's2'));
    assert.equal(terms.take('area-1', term(3, 's2')), undefined);
    assert.match(terms.take('area-1', term(100)) ?? '', /one of the store "s1"/);
  });

  it('believe a new store of a Leader that no registry has named', () => {
    const terms = new KnownTerms();
    assert.equal(terms.take('area-1', term(100)), undefined);
    assert.equal(terms.take('area-1', term(3, 's2')), undefined);
    assert.match(terms.take('area-1', term(2, 's2')) ?? '', /the highest one is 3$/);
  });

  it('change nothing for a value that is no term', () => {
    const terms = new KnownTerms();
    terms.trust('area-1', term(9));
    for (const value of [undefined, null, 7, 'x', {}, { store: '', revision: 10 }, { store: 's1', revision: 0.5 }])
      terms.trust('area-1', value);
    assert.equal(terms.take('area-1', term(9)), undefined);
  });

  it('report a change of the highest term, and no repetition', () => {
    const terms = new KnownTerms();
    const seen: string[] = [];
    const stop = terms.watch('area-1', () => void seen.push(terms.isStale('area-1', term(7)) ? 'stale' : 'current'));
    terms.take('area-1', term(7));
    terms.take('area-1', term(7));
    terms.trust('area-1', term(7));
    terms.take('area-2', term(9));
    terms.trust('area-1', term(8));
    terms.trust('area-1', term(1, 's2'));
    stop();
    terms.trust('area-1', term(2, 's2'));
    assert.deepEqual(seen, ['current', 'stale', 'stale']);
  });

  it('forget the id that was heard of least recently, past ten thousand', () => {
    const terms = new KnownTerms();
    terms.take('first', term(9));
    terms.take('second', term(9));
    for (let id = 0; id < 9_998; id++) terms.take(`${id}`, term(1));
    terms.take('first', term(9));
    terms.take('one more', term(1));
    assert.equal(terms.take('second', term(1)), undefined);
    assert.notEqual(terms.take('first', term(1)), undefined);
  });
});

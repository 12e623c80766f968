import { testPair } from './test-pair.js';

testPair('frozen', 'mailstation');
testPair('mailstation', 'frozen');

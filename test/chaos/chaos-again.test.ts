import { shortRun } from './short-run.js';

shortRun(2);

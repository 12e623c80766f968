export * from '../../../dist/compat/pomelo-rpc.js';

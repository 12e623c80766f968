export * from '../../../dist/compat/pinus-rpc.js';

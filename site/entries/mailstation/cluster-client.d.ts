export * from '../../../dist/compat/cluster-client.js';
export { default } from '../../../dist/compat/cluster-client.js';

export * from '../../../dist/dashboard.js';

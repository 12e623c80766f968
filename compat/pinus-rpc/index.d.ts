export * from 'mailstation/pinus-rpc';

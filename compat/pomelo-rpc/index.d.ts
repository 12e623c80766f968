export * from 'mailstation/pomelo-rpc';

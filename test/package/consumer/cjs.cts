import mailstation = require('mailstation');

import { createClient, type Server } from 'mailstation';

const server: Server = mailstation.createServer({ id: 'math-1', serverType: 'math', port: 0, paths: [] });

export = { server, isSame: createClient === mailstation.createClient };

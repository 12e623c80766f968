exports['cluster-client'] = require('cluster-client');

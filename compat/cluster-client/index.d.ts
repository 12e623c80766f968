import cluster = require('mailstation/cluster-client');

export = cluster;

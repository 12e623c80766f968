class Door {
  constructor(app) {
    this.app = app;
    this.name = 'door';
  }

  async where() {
    const [{ id, clientHost, clientPort }] = this.app.getServersByType('connector');
    return { id, clientHost, clientPort };
  }
}

exports.default = (app) => new Door(app);

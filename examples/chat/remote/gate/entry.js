// The one method of the gate: which connector a page goes to.
export default ({ connectors }) => {
  let next = 0;
  return {
    connector: () => {
      if (connectors.length === 0)
        throw Object.assign(new Error('no connector is there yet'), { code: 'E_NO_CONNECTOR' });
      return connectors[next++ % connectors.length];
    },
  };
};

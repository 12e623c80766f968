/** The forms of a call that pinus-rpc's proxies have are not there in a page. */
export function addPinusCalls<Forms extends object>(forms: Forms, ..._others: unknown[]): Forms {
  return forms;
}

/** The lines that make a topic, a record and a group, as the README has them, for the server that this page is of. */
export const firstCommands = (): string => {
  const base = new URL('.', location.href).href.replace(/\/$/, '');
  const json = `-H 'content-type: application/json'`;
  return [
    `curl -sS ${base}/v1/topics ${json} -d '{"topic":"emails","partitions":4}'`,
    `curl -sS ${base}/v1/topics/emails/records ${json} -d '{"records":[{"key":"user-9","value":{"to":"a@b.c"}}]}'`,
    `curl -sS ${base}/v1/share-groups/mailers/acquire ${json} -d '{"topics":["emails"],"startFrom":"earliest","waitMs":20000,"workerId":"me"}'`,
  ].join('\n');
};

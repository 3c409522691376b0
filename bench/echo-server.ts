/** A bare `node:http` server that reads the body and answers with as many bytes as the path says: the floor. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveTasks } from './processes.ts';

const server = createServer((request, response) => {
  request.on('data', () => {});
  request.on('end', () => {
    const body = 'x'.repeat(Number(request.url?.slice(1) ?? 0));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
});

/** The one task: listen; the answer is the address. */
serveTasks(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

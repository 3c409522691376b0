import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** Stands between a client and a server, and fails as networks do. */
export interface TcpProxy {
  readonly port: number;
  /** What clients send gets through, what the server answers does not: from now on, on all connections. */
  swallowAnswers(): void;
  /** Nothing gets through in either direction, and nobody is told. */
  swallowAll(): void;
  /** All connections end now; new ones are refused until `restore`. */
  cut(): void;
  /** New connections work; those that were swallowed end. */
  restore(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let answers: 'pass' | 'swallow' = 'pass';
  let requests: 'pass' | 'swallow' = 'pass';
  let isCut = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const target = connect(targetPort, '127.0.0.1');
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (requests === 'pass') target.write(bytes);
    });
    target.on('data', (bytes) => {
      if (answers === 'pass') client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    swallowAnswers: () => void (answers = 'swallow'),
    swallowAll: () => void (answers = requests = 'swallow'),
    cut() {
      isCut = true;
      endAll();
    },
    restore() {
      answers = requests = 'pass';
      isCut = false;
      endAll();
    },
    async close() {
      endAll();
      server.close();
      await once(server, 'close');
    },
  };
}

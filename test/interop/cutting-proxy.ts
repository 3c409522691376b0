import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Stands between a client and the broker and can cut what goes through. Clients learn the broker's own addresses from its answers and would go around,
 * so in every answer the address of each node (host, then port as int32, as in Metadata, FindCoordinator and DescribeCluster)
 * becomes one of the proxy's: all are 127.0.0.1, so that no length changes.
 */
export class CuttingProxy {
  readonly #servers: readonly Server[];
  readonly #connections = new Set<Socket>();
  readonly bootstrap: string;

  private constructor(servers: readonly Server[]) {
    this.#servers = servers;
    this.bootstrap = servers.map((server) => `127.0.0.1:${portOf(server)}`).join(',');
  }

  static async start(brokerPorts: readonly number[]): Promise<CuttingProxy> {
    const servers = await Promise.all(brokerPorts.map(listen));
    const proxy = new CuttingProxy(servers);
    const addresses = brokerPorts.map(
      (port, index) => [addressBytes(port), addressBytes(portOf(servers[index]!))] as const,
    );
    for (const [index, server] of servers.entries())
      server.on('connection', (client) => proxy.#join(client, brokerPorts[index]!, addresses));
    return proxy;
  }

  get connections(): number {
    return this.#connections.size;
  }

  #join(client: Socket, brokerPort: number, addresses: readonly (readonly [Buffer, Buffer])[]): void {
    const broker = connect(brokerPort, '127.0.0.1');
    this.#connections.add(client);
    client.pipe(broker);
    let pending: Buffer = Buffer.alloc(0);
    broker.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const frame = pending.subarray(0, 4 + pending.readInt32BE(0));
        pending = pending.subarray(frame.length);
        for (const [from, to] of addresses)
          for (let at = frame.indexOf(from); at >= 0; at = frame.indexOf(from, at + 1)) to.copy(frame, at);
        client.write(frame);
      }
    });
    const end = (): void => {
      this.#connections.delete(client);
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) socket.on('error', end).on('close', end);
  }

  /** Resets every connection, as a firewall or a reboot does; new ones are taken at once. */
  cut(): void {
    for (const client of this.#connections) client.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    this.cut();
    await Promise.all(closed);
  }
}

const listen = async (): Promise<Server> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const addressBytes = (port: number): Buffer => {
  const bytes = Buffer.from('127.0.0.1\0\0\0\0', 'latin1');
  bytes.writeInt32BE(port, bytes.length - 4);
  return bytes;
};

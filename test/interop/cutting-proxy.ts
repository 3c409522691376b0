import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Stands between a client and the broker and can cut what goes through. Clients learn the broker's own address from its answers and would go around,
 * so in every answer the broker's address (host, then port as int32, as in Metadata, FindCoordinator and DescribeCluster)
 * becomes the proxy's: both are 127.0.0.1, so that no length changes.
 */
export class CuttingProxy {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(brokerPort: number): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on('connection', (client) => proxy.#join(client, brokerPort));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get #port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  #join(client: Socket, brokerPort: number): void {
    const broker = connect(brokerPort, '127.0.0.1');
    this.#connections.add(client);
    client.pipe(broker);
    const [from, to] = [brokerPort, this.#port].map(addressBytes) as [Buffer, Buffer];
    let pending: Buffer = Buffer.alloc(0);
    broker.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const frame = pending.subarray(0, 4 + pending.readInt32BE(0));
        pending = pending.subarray(frame.length);
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
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }
}

const addressBytes = (port: number): Buffer => {
  const bytes = Buffer.from('127.0.0.1\0\0\0\0', 'latin1');
  bytes.writeInt32BE(port, bytes.length - 4);
  return bytes;
};

import { once } from 'node:events';
import { connect } from 'node:net';
import { KafkaClient } from '../kafka/kafka-door.ts';
import { NoAnswer, NodeChoice, type Session, answerWithinMs } from './session.ts';

/** One process's connection through the Kafka door to whatever server is running. */
export class KafkaLink {
  readonly #session: Session;
  readonly #node: NodeChoice;
  #client: KafkaClient | undefined;
  #address = '';
  #incarnation = 0;

  /** @param turn which of several nodes is tried first */
  constructor(session: Session, turn = 0) {
    this.#session = session;
    this.#node = new NodeChoice(turn);
  }

  /** The next exchange is with another node, where there are several. */
  nextNode(): void {
    this.#node.next();
  }

  /**
   * Waits for a server and runs one exchange with it. `isNew`: over another connection than the last one.
   *
   * @throws NoAnswer when the connection broke
   */
  exchange<T>(
    exchange: (at: {
      readonly client: KafkaClient;
      readonly incarnation: number;
      readonly isNew: boolean;
    }) => Promise<T>,
  ): Promise<T> {
    return this.#session.exchange(async (server) => {
      const { incarnation } = server;
      const { kafka } = this.#node.of(server);
      let timer: NodeJS.Timeout | undefined;
      const tooLong = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          this.#session.complain(`Kafka's door did not answer within ${answerWithinMs} ms`);
          reject(new NoAnswer('too long'));
        }, answerWithinMs);
      });
      const work = async (): Promise<T> => {
        const isNew =
          this.#incarnation !== incarnation || this.#address !== kafka || this.#client?.socket.destroyed !== false;
        if (isNew) {
          this.#client?.socket.destroy();
          this.#client = await open(kafka);
          this.#incarnation = incarnation;
          this.#address = kafka;
        }
        return await exchange({ client: this.#client!, incarnation, isNew });
      };
      try {
        return await Promise.race([work(), tooLong]);
      } catch (error) {
        if (error instanceof NoAnswer) this.#node.next();
        throw error;
      } finally {
        clearTimeout(timer);
      }
    });
  }
}

const open = async (address: string): Promise<KafkaClient> => {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw new NoAnswer(String(error));
  }
  return new KafkaClient(socket);
};

/** An answer, or NoAnswer where the connection broke. */
export const answerOf = async <T>(call: Promise<T>): Promise<T> => {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && error.message === 'the server closed the connection')
      throw new NoAnswer(error.message);
    throw error;
  }
};

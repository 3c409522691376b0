import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startServer } from '../process/started-server.ts';
import type { StartedServer } from '../process/started-server.ts';

/** A real server, as a process of its own on a free port and a temporary folder. */
export interface SashServer {
  /** Such as `http://127.0.0.1:40123`; the same after a restart. */
  readonly url: string;
  /**
   * A request with a JSON body, and its JSON answer.
   *
   * @throws Error with the answer when its status is not 2xx
   */
  call<Answer = unknown>(method: string, path: string, body?: unknown): Promise<Answer>;
  /** As when the machine loses power. */
  kill(): Promise<void>;
  /** After `kill`: again, on the same folder and port. */
  restart(): Promise<void>;
}

/** One server for a test file, started before its tests and stopped after them. Call it at the top of the file. */
export function useServer(argv: readonly string[] = []): SashServer {
  let folder: string;
  let server: StartedServer;
  let url = '';

  const start = async (port: string): Promise<void> => {
    server = startServer(
      ['--data-dir', join(folder, 'data'), '--port', port, '--kafka.enable', 'false', ...argv],
      folder,
    );
    url = await server.listening;
  };
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    server.child.kill(signal);
    await server.ended;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sash-page-'));
    await start('0');
  });
  afterAll(async () => {
    await stop('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  });

  return {
    get url() {
      return url;
    },
    async call<Answer>(method: string, path: string, body?: unknown) {
      const answer = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as Answer;
    },
    kill: () => stop('SIGKILL'),
    restart: () => start(new URL(url).port),
  };
}

import type { Fetch } from '../../src/client/http.ts';
import type { openDoor } from '../http/door.ts';

type Method = Parameters<Awaited<ReturnType<typeof openDoor>>['call']>[0];

/** A `fetch` that asks a door without any network; each answer is checked against the document. */
export const doorFetch =
  ({ call }: Pick<Awaited<ReturnType<typeof openDoor>>, 'call'>): Fetch =>
  async (url, init) => {
    const { pathname, search } = new URL(url);
    const { method = 'GET', body } = init;
    const headers = Object.fromEntries(new Headers(init.headers));
    const sent = body === undefined || body === null ? undefined : await new Response(body).text();
    const answered = call(method as Method, pathname + search, sent, headers);
    const { signal } = init;
    const aborted = new Promise<never>((_, reject) => {
      const abort = (): void => reject(signal?.reason as Error);
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort);
    });
    aborted.catch(() => {});
    const answer = await Promise.race([answered, aborted]);
    return new Response(answer.status === 204 ? null : answer.text, {
      status: answer.status,
      headers: answer.headers as Record<string, string>,
    });
  };

/**
 * Server-sent events, as sash writes them: an `id`, an `event` and one line of `data`, which is JSON. Comments and what
 * has no data are left out.
 */
export async function* eventsOf(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly id: string; readonly event: string; readonly data: unknown }, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map(fieldOf));
      const data = fields.get('data');
      if (data === undefined) continue;
      yield { id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data: JSON.parse(data) };
    }
  }
}

const fieldOf = (line: string): readonly [string, string] => {
  const colon = line.indexOf(': ');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
};

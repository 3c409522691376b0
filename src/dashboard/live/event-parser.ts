export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Takes text as it comes; calls back for each event that is whole. */
export const eventParser = (emit: (event: StreamEvent, id: string | null) => void): ((text: string) => void) => {
  let rest = '';
  let event = '';
  let id: string | null = null;
  let data: string[] = [];
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (data.length > 0) emit({ event: event === '' ? 'message' : event, data: JSON.parse(data.join('\n')) }, id);
        [event, id, data] = ['', null, []];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') event = value;
      else if (field === 'id') id = value;
      else if (field === 'data') data.push(value);
    }
  };
};

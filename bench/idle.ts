import { LeanConnection } from './lean-client.ts';
import { cpuMs, residentMb, startSash } from './processes.ts';
import type { BenchOptions, Row } from './row.ts';

const polls = 2000;
const woken = 7;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What workers cost that wait for something to do, and that a produce wakes as many of them as it can serve. */
export async function benchIdle({ short, log: tell }: BenchOptions): Promise<readonly Row[]> {
  const watchMs = short ? 5000 : 10_000;
  const sash = await startSash();
  const connections: LeanConnection[] = [];
  try {
    const producer = await LeanConnection.open(sash.address);
    connections.push(producer);
    await producer.post('/v1/topics', '{"topic":"emails"}');
    const acquire = '/v1/share-groups/mailers/acquire';
    const before = residentMb(sash.pid);

    const answers: { index: number; records: number }[] = [];
    for (let index = 0; index < polls; index++) {
      const connection = await LeanConnection.open(sash.address);
      connections.push(connection);
      const body = `{"topics":["emails"],"waitMs":60000,"startFrom":"earliest","workerId":"worker-${index}"}`;
      connection.post(acquire, body).then(
        (answer) => answers.push({ index, records: (JSON.parse(answer) as { records: unknown[] }).records.length }),
        () => {}, // closed at the end
      );
    }
    tell(`idle: ${polls} polls wait; watching for ${watchMs / 1000} s`);
    await pause(1000);
    const cpuBefore = cpuMs(sash.pid);
    await pause(watchMs);
    const cpuPercent = ((cpuMs(sash.pid) - cpuBefore) / watchMs) * 100;
    const idle = residentMb(sash.pid);
    if (answers.length > 0) throw new Error(`${answers.length} polls were answered before there was anything`);

    const startMs = performance.now();
    await producer.post(
      '/v1/topics/emails/records',
      JSON.stringify({ records: Array.from({ length: woken }, (_, index) => ({ value: index })) }),
    );
    while (answers.length < woken && performance.now() - startMs < 5000) await pause(5);
    const wokenMs = performance.now() - startMs;
    await pause(500);
    const served = answers.filter(({ records }) => records === 1).length;
    const exact = answers.length === woken && served === woken && answers.every(({ index }) => index < woken);
    return [
      {
        section: 'idle',
        what: `${polls} waiting polls: RssAnon of the server (before: ${before.anonymous.toFixed(0)} MB)`,
        figure: `${idle.anonymous.toFixed(0)} MB`,
        target: { text: '≤ 200 MB', met: idle.anonymous <= 200 },
      },
      { section: 'idle', what: 'the same: RssFile (the Node binary, mostly)', figure: `${idle.file.toFixed(0)} MB` },
      {
        section: 'idle',
        what: `the same: CPU over ${watchMs / 1000} s`,
        figure: `${cpuPercent.toFixed(2)} %`,
        target: { text: '≤ 1 %', met: cpuPercent <= 1 },
      },
      {
        section: 'idle',
        what: `a produce of ${woken} records wakes the ${woken} that wait longest`,
        figure: `${answers.length} answered, ${served} with a record, in ${wokenMs.toFixed(0)} ms`,
        target: { text: `exactly ${woken}`, met: exact },
      },
    ];
  } finally {
    for (const connection of connections) connection.close();
    await sash.stop();
  }
}

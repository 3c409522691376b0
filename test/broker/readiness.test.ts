import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/ports/fault.ts';
import { codeOf, leasesOf, must, startBroker, troubledBroker, wordsOf } from './broker-fixture.ts';
import { settle } from './fake-clock.ts';
import { type Behaviour, Trouble } from './faulty-outside.ts';

class FaultyHealth {
  isRemote = false;
  readonly behaviour = new Trouble();
  known: Fault | undefined;
  probes: Behaviour = 'works';
  probeCount = 0;
  hangsForMs = 0;

  weak: readonly string[] = [];

  trouble(): Fault | undefined {
    return this.known;
  }

  warnings(): readonly string[] {
    return this.weak;
  }

  busyMs(): number {
    return this.hangsForMs;
  }

  probe(): Promise<void> {
    this.probeCount++;
    return this.behaviour.run(this.probes, 'try', async () => {});
  }
}

const start = async () => {
  const health = new FaultyHealth();
  const started = await troubledBroker({ health });
  const { broker, log, produce } = started;
  const failProduce = async (behaviour: Behaviour) => {
    log.appends = behaviour;
    await expect(produce('t', ['a'])).rejects.toThrow(/^(STORAGE_FULL|KAFKA_STORAGE_ERROR)/);
    log.appends = 'works';
  };
  /** What is said; whoever asks may set off a probe. */
  const ask = async () => {
    const said = broker.ready();
    await settle();
    return said.ok ? 'ready' : said.error.code;
  };
  return { ...started, health, failProduce, ask };
};

describe('readiness', () => {
  it('is tried by a write where the storage is elsewhere, while somebody asks: other nodes may be the first to see it fail', async () => {
    const { health, ask, clock } = await start();
    health.isRemote = true;
    expect(await ask()).toBe('ready');
    expect(health.probeCount).toBe(1);
    health.probes = 'fails';
    await ask();
    expect(health.probeCount).toBe(1);
    await clock.advance(1_000);
    await ask();
    expect(await ask()).toBe('KAFKA_STORAGE_ERROR');
    health.probes = 'works';
    await clock.advance(1_000);
    await ask();
    expect(await ask()).toBe('ready');
  });

  it('is given while nothing was written, and costs no write', async () => {
    const { health, ask, clock } = await start();
    for (let asked = 0; asked < 3; asked++) {
      expect(await ask()).toBe('ready');
      await clock.advance(10_000);
    }
    expect(health.probeCount).toBe(0);
  });

  it('comes back with the next write that goes well', async () => {
    const { failProduce, produce, ask, health } = await start();
    await failProduce('fails');
    expect(await ask()).toBe('KAFKA_STORAGE_ERROR');
    await produce('t', ['a']);
    expect(await ask()).toBe('ready');
    expect(health.probeCount).toBe(0);
  });

  it("is not lost by a write to what was deleted at this moment, or is somebody else's", async () => {
    for (const refused of ['closed', 'fenced'] as const) {
      const { produce, acquire, acknowledge, store, ask } = await start();
      await produce('t', ['a']);
      const { ranges } = must(await acquire());
      store.writes = refused;
      expect(wordsOf(await acknowledge('accept', leasesOf(ranges)))).not.toEqual(['accepted']);
      expect(await ask(), refused).toBe('ready');
    }
  });

  it('is tried for once a second while somebody asks, for no traffic comes to a server that is not ready', async () => {
    const { failProduce, ask, health, clock } = await start();
    await failProduce('full');
    health.probes = 'full';
    for (let second = 0; second < 5; second++) {
      for (let asked = 0; asked < 10; asked++) {
        expect(await ask()).toBe('STORAGE_FULL');
        await clock.advance(100);
      }
    }
    expect(health.probeCount).toBe(4);
    await clock.advance(3_600_000);
    expect(health.probeCount, 'nobody asked').toBe(4);
    health.probes = 'works';
    expect(await ask(), 'this sets it off').toBe('STORAGE_FULL');
    expect(await ask()).toBe('ready');
  });

  it('does not come back by a small write where there was no room for a large one', async () => {
    const { failProduce, produce, ask, clock } = await start();
    await failProduce('full');
    await produce('t', ['small']);
    expect(await ask()).toBe('STORAGE_FULL');
    await clock.advance(1_000);
    await ask();
    expect(await ask()).toBe('ready');
  });

  it('tries one at a time where the try hangs', async () => {
    const { failProduce, ask, health, clock } = await start();
    await failProduce('fails');
    health.probes = 'hangs';
    for (let second = 0; second < 5; second++) {
      await clock.advance(1_000);
      expect(await ask()).toBe('KAFKA_STORAGE_ERROR');
    }
    expect(health.probeCount).toBe(1);
    health.behaviour.letGo();
    await settle();
    expect(await ask()).toBe('ready');
  });

  it('is lost while the storage hangs at a write, and comes back by itself', async () => {
    const { ask, health, broker } = await start();
    health.hangsForMs = 4_999;
    expect(await ask()).toBe('ready');
    health.hangsForMs = 7_300;
    expect(broker.ready()).toMatchObject({
      error: {
        code: 'KAFKA_STORAGE_ERROR',
        message: 'The storage has not confirmed a write for 7 s: does the disk hang?',
      },
    });
    health.hangsForMs = 0;
    expect(await ask()).toBe('ready');
  });

  it('is lost while the storage knows of trouble, without a write, and comes back when that is over', async () => {
    const { ask, health } = await start();
    const fault = { operation: 'connect', message: 'not connected', outcome: 'refused', hint: 'start it' } as const;
    health.known = new Fault({ ...fault, code: 'STORAGE_FAILED', retriable: true });
    expect(await ask()).toBe('KAFKA_STORAGE_ERROR');
    health.known = new Fault({ ...fault, code: 'STATE_LOST', retriable: false });
    expect(await ask()).toBe('STATE_LOST');
    health.known = undefined;
    expect(await ask()).toBe('ready');
    expect(health.probeCount).toBe(0);
  });

  it('tells what is set weaker than it should be, as it is now, and stays', async () => {
    const { broker, health } = await start();
    expect(must(broker.ready())).toEqual({ warnings: [] });
    health.weak = ['appendonly no'];
    expect(must(broker.ready())).toEqual({ warnings: ['appendonly no'] });
  });

  it('is over when the broker stops', async () => {
    const { broker } = await startBroker();
    await broker.stop();
    expect(codeOf(broker.ready())).toBe('SHUTTING_DOWN');
  });
});

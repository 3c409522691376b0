import type { DriverCommand } from './driver-process.ts';
import { javaDriver } from './java/driver.ts';

/** Every client that scenarios run with, and how its driver is built: once, the result is kept between runs. */
export const clients: Readonly<Record<string, () => Promise<DriverCommand>>> = {
  'java-4.4': () => javaDriver('4.4.0'),
  'java-4.1': () => javaDriver('4.1.1'),
};

/** The client that prepares and checks, whatever client a scenario runs with. */
export const refereeClient = 'java-4.4';

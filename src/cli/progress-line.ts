import { bytes, counted, duration, rate } from './format.ts';
import { styled } from './terminal.ts';

const barWidth = 24;
const redrawMs = 100;

/** One line on stderr that is drawn again in place: how much is done, how fast, and how long it will still take. */
export class ProgressLine {
  readonly #totalBytes: number | undefined;
  readonly #isShown: boolean;
  readonly #startedMs = performance.now();
  #drawnMs = -Infinity;

  /**
   * @param totalBytes undefined where nobody knows
   * @param isHidden where somebody types on the same terminal
   */
  constructor(totalBytes: number | undefined, isHidden: boolean) {
    this.#totalBytes = totalBytes;
    this.#isShown = process.stderr.isTTY && !isHidden;
  }

  show(lines: number, doneBytes: number): void {
    const nowMs = performance.now();
    if (!this.#isShown || nowMs - this.#drawnMs < redrawMs) return;
    this.#drawnMs = nowMs;
    const elapsedMs = nowMs - this.#startedMs;
    const speed = `${counted(lines, 'line')}  ${rate((lines * 1000) / elapsedMs)}`;
    const total = this.#totalBytes;
    const text =
      total === undefined || total === 0
        ? `${speed}  ${bytes(doneBytes)}`
        : `${bar(doneBytes / total)}  ${speed}  ${etaText(elapsedMs, doneBytes / total)}`;
    // Cut, never wrapped, by the terminal itself.
    process.stderr.write(`\x1b[?7l\r${text}\x1b[K\x1b[?7h`);
  }

  clear(): void {
    if (this.#drawnMs > 0) process.stderr.write('\r\x1b[K');
  }
}

function bar(share: number): string {
  const full = Math.min(barWidth, Math.floor(share * barWidth));
  const percent = `${Math.min(100, Math.floor(share * 100))} %`.padStart(5);
  return `${styled('green', '█'.repeat(full), process.stderr)}${styled('dim', '░'.repeat(barWidth - full), process.stderr)} ${percent}`;
}

const etaText = (elapsedMs: number, share: number): string =>
  share >= 1 ? 'waiting for the last to be written' : `${duration((elapsedMs * (1 - share)) / share)} to go`;

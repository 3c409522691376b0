/** One line of the results. */
export interface Row {
  readonly section: 'core' | 'http' | 'storage' | 'idle' | 'live' | 'kafka' | 'page' | 'client' | 'cluster';
  readonly what: string;
  /** As printed, with its unit. */
  readonly figure: string;
  /** Against something measured in the same run. */
  readonly against?: {
    readonly what: string;
    readonly ratio: number;
    /** What the ratio should reach (`atLeast`) or stay under (`atMost`). */
    readonly atLeast?: number;
    readonly atMost?: number;
  };
  /** A target of the figure itself, for those that are no ratios. */
  readonly target?: { readonly text: string; readonly met: boolean };
}

export interface BenchOptions {
  /** At most 90 s for everything, with less certain figures. */
  readonly short: boolean;
  /** Tells what is going on; not part of the results. */
  readonly log: (text: string) => void;
}

export const quantile = (values: readonly number[], fraction: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
};

/** 123456 → "123,456"; small numbers keep two digits behind the point. */
export const number = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });

const met = ({ against, target }: Row): boolean | undefined => {
  if (target !== undefined) return target.met;
  if (against?.atLeast !== undefined) return against.ratio >= against.atLeast;
  if (against?.atMost !== undefined) return against.ratio <= against.atMost;
  return undefined;
};

const cells = (row: Row): readonly string[] => {
  const { against, target } = row;
  const wanted =
    target?.text ??
    (against?.atLeast !== undefined
      ? `≥ ${against.atLeast}×`
      : against?.atMost !== undefined
        ? `≤ ${against.atMost}×`
        : '');
  const reached = met(row);
  return [
    row.section,
    row.what,
    row.figure,
    against === undefined ? '' : `${against.ratio.toFixed(2)}× ${against.what}`,
    wanted,
    reached === undefined ? '' : reached ? 'yes' : 'NO',
  ];
};

/** The results as a Markdown table whose columns also line up in a terminal. */
export const table = (rows: readonly Row[]): string => {
  const lines = [['', 'what', 'figure', 'ratio in this run', 'target', 'met'], ...rows.map(cells)];
  const widths = lines[0]!.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const print = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell + ' '.repeat(widths[column]! - cell.length)).join(' | ')} |`;
  const [head, ...rest] = lines;
  return [print(head!), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rest.map(print)].join('\n');
};

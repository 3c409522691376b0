import { themeColour, themeVersion } from '../theme.ts';
import { recordStates } from '../api-types.ts';

/** The colours of a strip as they are now, ready for a canvas. */
export interface StripColours {
  readonly isDark: boolean;
  /** In the order of `recordStates`: the area, and the pattern on it. */
  readonly states: readonly { readonly fill: string; readonly ink: string }[];
  readonly finished: string;
  readonly unread: string;
  readonly back: string;
  readonly text: string;
  readonly soft: string;
  readonly line: string;
  readonly accent: string;
  readonly bad: string;
  readonly font: string;
}

let known: { readonly version: number; readonly colours: StripColours } | undefined;

/** Read from style/theme.css and strip.css once for each theme that is seen. */
export function stripColours(): StripColours {
  const version = themeVersion.peek();
  if (known?.version !== version) {
    known = {
      version,
      colours: {
        isDark: lightnessOf(themeColour('--back')) < 128,
        states: recordStates.map((state) => ({
          fill: themeColour(`--state-${state}`),
          ink: themeColour(`--state-${state}-ink`),
        })),
        finished: themeColour('--state-finished'),
        unread: themeColour('--state-unread'),
        back: themeColour('--raised'),
        text: themeColour('--text'),
        soft: themeColour('--text-soft'),
        line: themeColour('--line-strong'),
        accent: themeColour('--accent'),
        bad: themeColour('--bad'),
        font: getComputedStyle(document.body).fontFamily,
      },
    };
  }
  return known.colours;
}

/** 0 to 255; of what getComputedStyle gives for a registered colour. */
function lightnessOf(colour: string): number {
  const channels = colour
    .match(/[\d.]+/g)
    ?.slice(0, 3)
    .map(Number) ?? [255];
  const scale = colour.startsWith('color(') ? 255 : 1;
  return (channels.reduce((sum, channel) => sum + channel, 0) / channels.length) * scale;
}

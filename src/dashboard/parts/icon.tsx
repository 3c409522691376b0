const shapes = {
  close: 'M4 4l8 8M12 4l-8 8',
  sun: 'M8 5a3 3 0 100 6 3 3 0 000-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13 9.5A5.5 5.5 0 016.5 3a5.5 5.5 0 106.5 6.5z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  help: 'M6 6a2 2 0 113 1.7c-.7.4-1 .8-1 1.5M8 11.8v.1M8 1.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5l7 4.5-7 4.5z',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  search: 'M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.5 10.5L14 14',
  right: 'M6 3.5L10.5 8 6 12.5',
  left: 'M10 3.5L5.5 8l4.5 4.5',
  up: 'M8 12.5v-9M4.5 7L8 3.5 11.5 7',
  down: 'M8 3.5v9M4.5 9L8 12.5 11.5 9',
  blocked: 'M3 3v10M13 8H6.5M9 5.5L6.5 8 9 10.5',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  warning: 'M8 2l6.5 11.5h-13zM8 6.5v3.5M8 11.8v.1',
} as const;

export type IconName = keyof typeof shapes;

/** Decoration: what it means stands beside it, or in the label of the button around it. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={shapes[name]} />
  </svg>
);

const widthColumns = 80;

/** Paragraphs below the options of a command, wrapped as those are. Indented lines stand as they are typed. */
export const wrapped = (text: string): string =>
  `\n${text.replace(/^\n/, '').trimEnd().split('\n\n').map(wrappedParagraph).join('\n\n')}`;

function wrappedParagraph(paragraph: string): string {
  if (/^ {2}/m.test(paragraph)) return paragraph;
  const lines: string[] = [];
  for (const word of paragraph.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= widthColumns)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

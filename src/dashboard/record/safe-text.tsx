import { textChunks, visiblePieces } from './visible-text.ts';

/**
 * Text from anywhere, shown harmlessly: as text nodes only, with a direction of its own that turns nothing around it, and
 * what is not seen made visible.
 */
export const SafeText = ({ text }: { readonly text: string }) => (
  <bdi>
    <TextPieces text={text} />
  </bdi>
);

/** The same without isolation, for where the element around has it. */
export const TextPieces = ({ text }: { readonly text: string }) => (
  <>
    {visiblePieces(text).map((piece, index) =>
      piece.hidden === null ? (
        piece.text
      ) : (
        <span key={index} class="hidden-character" title={piece.hidden}>
          {piece.text}
        </span>
      ),
    )}
  </>
);

/** A long text, of which the browser lays out what is seen. */
export const LongText = ({ text }: { readonly text: string }) => (
  <>
    {textChunks(text).map((chunk, index) => (
      <span key={index} class="text-chunk">
        <TextPieces text={chunk} />
      </span>
    ))}
  </>
);

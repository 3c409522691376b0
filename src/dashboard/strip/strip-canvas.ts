import { cancelDraw, requestDraw } from './draw-queue.ts';
import type { Drawable } from './draw-queue.ts';
import { drawContent } from './draw-content.ts';
import { drawFrame, metricsOf } from './draw-frame.ts';
import type { Scene } from './draw-frame.ts';
import { stripColours } from './strip-colours.ts';
import type { StripColours } from './strip-colours.ts';
import { betweenViews, spanOf, xOf } from './view.ts';
import type { View } from './view.ts';

/** How long what has changed takes to appear. */
const fadeMs = 260;

interface Layer {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  view: View;
}

/**
 * The canvas of one strip. The records are drawn into a layer when they or the view have changed, and the layer onto the
 * canvas with the marks at each frame: pointing at something draws no records, and a new picture is faded in over the
 * old one, both sliding to where the window is now.
 */
export class StripCanvas implements Drawable {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #scene: Scene | undefined;
  #drawn: { scene: Scene; colours: StripColours } | undefined;
  #now: Layer | undefined;
  #before: Layer | undefined;
  #fadeStartMs: number | undefined;
  #fades = false;
  #size = { width: 0, height: 0, ratio: 1 };

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!;
  }

  /** CSS pixels. */
  resize(width: number, height: number): void {
    const ratio = Math.min(3, devicePixelRatio);
    if (this.#size.width === width && this.#size.height === height && this.#size.ratio === ratio) return;
    this.#size = { width, height, ratio };
    this.#canvas.width = Math.max(1, Math.round(width * ratio));
    this.#canvas.height = Math.max(1, Math.round(height * ratio));
    this.#now = undefined;
    this.#before = undefined;
    requestDraw(this);
  }

  /** @param fades the records are others than before, and nobody moved the view: they appear lightly */
  show(scene: Scene, fades: boolean): void {
    this.#scene = scene;
    if (fades) this.#fades = true;
    requestDraw(this);
  }

  /** Gives its memory back; what it showed is drawn again when it is shown again. */
  release(): void {
    cancelDraw(this);
    this.#canvas.width = 1;
    this.#canvas.height = 1;
    this.#size = { width: 0, height: 0, ratio: 1 };
    this.#now = undefined;
    this.#before = undefined;
    this.#drawn = undefined;
  }

  draw(nowMs: number): boolean {
    const scene = this.#scene;
    const { width, height, ratio } = this.#size;
    if (scene === undefined || width < 1 || height < 1) return false;
    const colours = stripColours();
    this.#drawRecords(scene, colours, nowMs);

    const progress = this.#fadeStartMs === undefined ? 1 : Math.min(1, (nowMs - this.#fadeStartMs) / fadeMs);
    const eased = 1 - (1 - Math.max(0, progress)) ** 3;
    const view =
      this.#before === undefined || progress === 1 ? scene.view : betweenViews(this.#before.view, scene.view, eased);
    if (progress === 1) this.#fadeStartMs = undefined;

    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const frame = { context, width, height, ratio, colours };
    drawFrame(frame, scene, view, (top) => {
      if (this.#now !== undefined) paste(context, this.#now, view, top);
      if (this.#before !== undefined && progress < 1) {
        context.globalAlpha = 1 - eased;
        paste(context, this.#before, view, top);
        context.globalAlpha = 1;
      }
    });
    return progress < 1;
  }

  #drawRecords(scene: Scene, colours: StripColours, nowMs: number): void {
    const drawn = this.#drawn;
    const isSame =
      this.#now !== undefined &&
      drawn?.scene.segments === scene.segments &&
      drawn.colours === colours &&
      drawn.scene.view.from === scene.view.from &&
      drawn.scene.view.to === scene.view.to;
    if (isSame) return;
    const { trackHeight } = metricsOf(scene.size, this.#size.height);
    const height = Math.round(trackHeight * this.#size.ratio);
    const fades = this.#fades && this.#now !== undefined && drawn?.colours === colours;
    this.#fades = false;
    const recycled = this.#before;
    this.#before = this.#now;
    this.#now = usable(recycled, this.#canvas.width, height) ?? newLayer(this.#canvas.width, height, scene.view);
    this.#now.view = scene.view;
    drawContent(this.#now.context, scene.segments, scene.view, colours, this.#size.ratio);
    this.#drawn = { scene, colours };
    this.#fadeStartMs = fades ? nowMs : undefined;
  }
}

/** Draws a layer that shows one view where another one is shown. */
function paste(context: CanvasRenderingContext2D, layer: Layer, view: View, top: number): void {
  const { width, height } = layer.canvas;
  const left = xOf(view, width, layer.view.from);
  context.drawImage(layer.canvas, left, top, (spanOf(layer.view) / spanOf(view)) * width, height);
}

const usable = (layer: Layer | undefined, width: number, height: number): Layer | undefined =>
  layer !== undefined && layer.canvas.width === width && layer.canvas.height === height ? layer : undefined;

function newLayer(width: number, height: number, view: View): Layer {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = Math.max(1, height);
  return { canvas, context: canvas.getContext('2d')!, view };
}

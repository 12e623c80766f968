interface Rectangle {
  readonly width: number;
  readonly height: number;
}

interface Painted {
  readonly parentElement: Painted | null;
  readonly className: unknown;
  readonly textContent: string;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string }>;
  closest(selector: string): unknown;
  getBoundingClientRect(): Rectangle;
}

interface Context {
  fillStyle: string;
  clearRect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  getImageData(x: number, y: number, width: number, height: number): { readonly data: readonly number[] };
}

declare const document: {
  querySelectorAll(selector: string): Iterable<Painted>;
  createElement(name: 'canvas'): { getContext(kind: '2d', options: object): Context };
};
declare function getComputedStyle(element: Painted): {
  readonly color: string;
  readonly fill: string;
  readonly backgroundColor: string;
};

/**
 * Texts of a page whose contrast is below 4.5, with the ratio. Runs in the page. Texts that are dimmed since they have nothing to do with what was
 * selected do not count, nor do those of disabled buttons.
 */
export function lowContrasts(): string[] {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  type Color = readonly [red: number, green: number, blue: number, alpha: number];
  const colors = new Map<string, Color>();
  const colorOf = (text: string): Color => {
    const known = colors.get(text);
    if (known !== undefined) return known;
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = context.getImageData(0, 0, 1, 1).data;
    const color: Color = [red, green, blue, alpha / 255];
    colors.set(text, color);
    return color;
  };
  const over = ([red, green, blue, alpha]: Color, ground: Color): Color => {
    const mixed = [red, green, blue].map((part, at) => part * alpha + (ground[at] ?? 0) * (1 - alpha));
    return [mixed[0] ?? 0, mixed[1] ?? 0, mixed[2] ?? 0, 1];
  };
  const groundOf = (element: Painted | null): Color => {
    if (element === null) return [255, 255, 255, 1];
    const color = colorOf(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color : over(color, groundOf(element.parentElement));
  };
  const light = (color: Color): number => {
    const [red = 0, green = 0, blue = 0] = color.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found: string[] = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes]
      .filter(({ nodeType }) => nodeType === 3)
      .map(({ textContent }) => textContent.trim())
      .join('');
    const { width, height } = element.getBoundingClientRect();
    if (text === '' || width === 0 || height === 0) continue;
    if (element.closest('script, style, noscript, title, .faint, .unseen, .skip, :disabled, option, optgroup') !== null)
      continue;
    const { color, fill } = getComputedStyle(element);
    const isPicture = element.closest('svg') !== null;
    const ground = groundOf(
      element.parentElement === null ? null : isPicture ? (element.closest('.picture') as Painted) : element,
    );
    const paint = over(colorOf(isPicture ? fill : color), ground);
    const [one, other] = [light(paint), light(ground)];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} “${text.slice(0, 40)}” ${String(element.className)}`);
  }
  return found;
}

import { Component, h } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { shortened } from '../format.js';
import { html } from '../html.js';
import { shapePath } from '../parts/meaning.js';
import { matches, type Scope } from '../scope.js';
import { hrefOf } from '../source/route.js';
import { type Layout, layoutOf, type Placed } from './layout.js';
import { COLUMNS, type Model, related, type Unfolded } from './model.js';

/** Mean width of a character in the picture. Unit: pixels */
const CHARACTER = 6.7;
/** Space between the picture and its frame, at both sides together. Unit: pixels */
const PADDING = 20;
/** Characters of a name that further words leave at least. */
const LEAST_NAME = 10;

interface Props {
  readonly scope: Scope;
  readonly model: Model;
  readonly unfolded: Unfolded;
  readonly selected: string | undefined;
}

/** The topology as a picture of which one node at a time is in the order of the Tab key; arrows go to its neighbours. */
export function picture(props: Props) {
  return h(Picture, props);
}

function Picture({ scope, model, unfolded, selected }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [focus, setFocus] = useState('');
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const measure = () => setWidth(element.clientWidth - PADDING);
    const sizes = new ResizeObserver(measure);
    sizes.observe(element);
    measure();
    return () => sizes.disconnect();
  }, []);
  const shape = model.nodes.map(({ id, isSmall }) => `${id}${isSmall}`).join('\n') + model.edges.length;
  // Places change with the nodes and the width, and not with the figures of each second.
  const layout = useMemo(() => layoutOf(model, width), [shape, width]);
  const lit = selected === undefined ? undefined : related(scope.snapshot, unfolded, selected);
  const first = layout.nodes.some(({ node }) => node.id === focus) ? focus : (layout.nodes[0]?.node.id ?? '');
  const move = (event: KeyboardEvent) => {
    const next = neighbour(layout, first, event.key);
    if (next === undefined) return;
    event.preventDefault();
    setFocus(next.node.id);
    const element = place.current?.querySelector<SVGElement>(`[data-at="${layout.nodes.indexOf(next)}"]`);
    element?.focus();
  };
  const nodes = new Map(model.nodes.map((node) => [node.id, node]));
  const edges = new Map(model.edges.map((edge) => [`${edge.from}\n${edge.to}`, edge]));
  const whole = (layout.lefts[4] ?? 0) + layout.columnWidth + 1;
  return html`<div class="scroll picture" ref=${place} onKeyDown=${move}>
    <svg role="group" aria-label="Topology. Arrow keys go from node to node, Enter selects" width=${whole} height=${layout.height} viewBox=${`0 0 ${whole} ${layout.height}`}>
      ${COLUMNS.map((name, at) => html`<text key=${name} class="column" x=${layout.lefts[at]} y="14">${name}</text>`)}
      <g class="edges" aria-hidden="true">${layout.edges.map(({ edge, path }) => {
        const key = `${edge.from}\n${edge.to}`;
        const { rate, isBroken } = edges.get(key) ?? edge;
        const isLit = lit === undefined || (lit.has(edge.from) && lit.has(edge.to));
        return h(EdgePath, { key, path, width: widthOf(rate), isBroken, isLit });
      })}</g>
      ${layout.nodes.map((placed, at) => {
        const node = nodes.get(placed.node.id) ?? placed.node;
        const isLit = (lit === undefined || lit.has(node.id)) && matches(scope.query, node.label, node.id);
        return h(NodeBox, {
          ...{ key: node.id, at, placed, label: node.label, words: node.words, meaning: node.meaning?.word ?? '' },
          ...{ shape: node.meaning?.shape, tone: node.meaning?.tone, isLit, isSelected: node.id === selected },
          ...{ isFirst: node.id === first, onFocus: setFocus },
        });
      })}
    </svg></div>`;
}

function widthOf(rate: number): number {
  return Math.round((1 + Math.min(3, Math.log10(1 + rate))) * 10) / 10;
}

interface EdgeProps {
  readonly path: string;
  readonly width: number;
  readonly isBroken: boolean;
  readonly isLit: boolean;
}

class EdgePath extends Component<EdgeProps> {
  override shouldComponentUpdate(next: EdgeProps): boolean {
    return differs(next, this.props);
  }

  override render({ path, width, isBroken, isLit }: EdgeProps) {
    return html`<path d=${path} stroke-width=${width} class=${`${isBroken ? 'broken' : ''}${isLit ? '' : ' faint'}`} />`;
  }
}

interface NodeProps {
  /** Number of the node in the layout. */
  readonly at: number;
  readonly placed: Placed;
  readonly label: string;
  readonly words: string;
  readonly meaning: string;
  readonly shape: Parameters<typeof shapePath>[0] | undefined;
  readonly tone: string | undefined;
  readonly isLit: boolean;
  readonly isSelected: boolean;
  /** In the order of the Tab key. */
  readonly isFirst: boolean;
  onFocus(id: string): void;
}

class NodeBox extends Component<NodeProps> {
  override shouldComponentUpdate(next: NodeProps): boolean {
    return differs(next, this.props);
  }

  override render({ at, placed, label, words, meaning, shape, tone, isLit, isSelected, isFirst, onFocus }: NodeProps) {
    const { node, x, y, width, height } = placed;
    const select = () => {
      location.hash = isSelected ? hrefOf('topology') : hrefOf('topology', node.id);
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      select();
    };
    const spoken = `${node.id.split(' ')[0]} ${label}, ${meaning === '' ? '' : `${meaning}, `}${words}`;
    return html`<g class=${`node${isSelected ? ' selected' : ''}${isLit ? '' : ' faint'}`} transform=${`translate(${x} ${y})`}
      role="button" tabindex=${isFirst ? 0 : -1} aria-pressed=${isSelected} aria-label=${spoken} data-at=${at}
      onClick=${select} onKeyDown=${onKeyDown} onFocus=${() => onFocus(node.id)}>
      <title>${spoken}</title>
      <rect width=${width} height=${height} rx="4" class=${node.isSmall === true ? 'cell' : 'box'} />
      ${shape !== undefined && html`<path class=${tone} d=${shapePath(shape)} fill-rule="evenodd" transform=${node.isSmall === true ? 'translate(4 4)' : 'translate(9 9)'} />`}
      ${node.isSmall !== true && texts(label, words, shape === undefined ? 9 : 27, width)}
    </g>`;
  }
}

/** The label, and the longest of the words that leaves room for it. */
function texts(label: string, words: string, left: number, width: number) {
  const room = Math.floor((width - left - 16) / CHARACTER);
  const least = Math.min(label.length, LEAST_NAME);
  const fitting = [words, words.split(', ').slice(0, -1).join(', ')].find((each) => each.length + least <= room) ?? '';
  return html`<text x=${left} y="19.5">${shortened(label, Math.max(least, room - fitting.length))}</text><text class="words" x=${width - 8} y="19.5">${fitting}</text>`;
}

function differs(next: object, now: object): boolean {
  const known = now as Record<string, unknown>;
  return Object.entries(next).some(([name, value]) => known[name] !== value);
}

/** The node that an arrow key leads to: the nearest one in its direction. */
function neighbour({ nodes }: Pick<Layout, 'nodes'>, from: string, key: string): Placed | undefined {
  const start = nodes.find(({ node }) => node.id === from);
  const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (start === undefined || way === undefined) return undefined;
  const [dx = 0, dy = 0] = way;
  let best: { readonly placed: Placed; readonly distance: number } | undefined;
  for (const placed of nodes) {
    const x = placed.x + placed.width / 2 - start.x - start.width / 2;
    const y = placed.y + placed.height / 2 - start.y - start.height / 2;
    const along = x * dx + y * dy;
    if (along <= 1) continue;
    // A step to the side weighs more than one ahead.
    const distance = along + 4 * Math.abs(x * dy + y * dx);
    if (best === undefined || distance < best.distance) best = { placed, distance };
  }
  return best?.placed;
}

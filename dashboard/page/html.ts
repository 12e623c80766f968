import htm from 'htm';
import { type ComponentChildren, h, type VNode } from 'preact';

/** Content between two tags. */
export type Content = ComponentChildren;

/** Makes elements of a template; values are put in as text, never as markup. */
export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: readonly unknown[]) => VNode;

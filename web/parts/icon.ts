/** A lucide icon as an SVG element: decoration, so hidden from assistive technology; it takes the text's colour. */
import type { IconNode } from 'lucide'

const SVG = 'http://www.w3.org/2000/svg'

/** @param size pixels */
export function icon(node: IconNode, size = 16): SVGElement {
  const svg = element('svg', {
    ...{ width: size, height: size, viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor' },
    ...{ 'stroke-width': 2, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' },
  })
  for (const [name, attributes] of node) svg.append(element(name, attributes))
  return svg
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
): SVGElement {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, String(value))
  }
  return made
}

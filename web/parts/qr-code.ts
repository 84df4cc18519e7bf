/** A QR code as one SVG path: black on white in every theme, because cameras expect it. */
import { encodeQR } from 'qr'

const SVG = 'http://www.w3.org/2000/svg'
/** Modules of white around the code; four is what readers need, the panel's padding gives the rest. */
const BORDER = 2

export function drawQrCode(text: string): SVGElement {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: BORDER })
  const size = rows.length
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`)
  svg.setAttribute('shape-rendering', 'crispEdges')
  svg.setAttribute('aria-hidden', 'true')
  const modules = document.createElementNS(SVG, 'path')
  modules.setAttribute('d', path)
  modules.setAttribute('fill', '#000')
  svg.append(modules)
  return svg
}

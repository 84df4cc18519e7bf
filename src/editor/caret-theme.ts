/** How carets, flags and selections of others look. Only classes: which colour is decided by an index. */
import { EditorView } from '@codemirror/view'
import { PALETTE } from './palette.ts'

/** Pixels. */
export const FLAG_HEIGHT = 16
const FLAG_LETTER = 6.6
const FLAG_PADDING = 12

/** About how wide a flag with this name is, in pixels: enough to see whether text stands under it. */
export function flagWidth(name: string): number {
  return name.length * FLAG_LETTER + FLAG_PADDING
}

/** 25 % of 255. */
const QUARTER = '40'

const selections = Object.fromEntries(
  PALETTE.map((color, index) => [`.cm-person-selection-${index}`, { backgroundColor: color + QUARTER }]),
)

export const caretTheme = EditorView.baseTheme({
  ...selections,
  '.cm-person-carets, .cm-person-selections': { pointerEvents: 'none' },
  '.cm-person-caret': {
    position: 'absolute',
    boxSizing: 'border-box',
    width: '0',
    borderLeft: '2px solid',
    pointerEvents: 'none',
  },
  '.cm-person-caret-dashed': { borderLeftStyle: 'dashed' },
  '.cm-person-caret-dotted': { borderLeftStyle: 'dotted' },
  '.cm-person-flag': {
    position: 'absolute',
    left: '-2px',
    boxSizing: 'border-box',
    height: `${FLAG_HEIGHT}px`,
    maxWidth: '160px',
    padding: '0 6px',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    font: `600 11px/${FLAG_HEIGHT}px system-ui, sans-serif`,
    color: '#000',
    opacity: '0',
    transition: 'opacity 120ms',
    pointerEvents: 'none',
    userSelect: 'none',
  },
  '.cm-person-flag-shown': { opacity: '1' },
  '.cm-person-flag-above': { bottom: '100%', borderRadius: '4px 4px 4px 0' },
  '.cm-person-flag-below': { top: '100%', borderRadius: '0 4px 4px 4px' },
  '.cm-person-flag-beside': { top: 'calc(50% - 8px)', borderRadius: '4px' },
  '@media (prefers-reduced-motion: reduce)': { '.cm-person-flag': { transition: 'none' } },
  '@media (forced-colors: active)': {
    '.cm-person-caret': { forcedColorAdjust: 'none' },
    '.cm-person-flag': { forcedColorAdjust: 'none' },
  },
})

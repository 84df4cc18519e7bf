/** How a field looks that holds a text carried by hand. */
import { css } from 'lit'

export const carriedField = css`
  textarea {
    width: 100%;
    padding: 8px 12px;
    font: 12px/18px var(--mono);
    color: var(--ink);
    overflow-wrap: anywhere;
    resize: none;
    background: var(--paper);
    border: 1px solid var(--line-strong);
    border-radius: 8px;
  }
`

/** What all parts share: buttons, fields, panels. Tokens come from style/tokens.css through inheritance. */
import { css } from 'lit'

export const controls = css`
  :host {
    font: 13px/20px var(--sans);
    color: var(--ink);
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-height: 32px;
    padding: 0 12px;
    font: inherit;
    font-weight: 500;
    color: var(--ink);
    white-space: nowrap;
    cursor: pointer;
    background: transparent;
    border: 1px solid var(--line-strong);
    border-radius: 8px;
  }
  button:hover {
    background: var(--line-soft);
  }
  button:active {
    background: var(--line);
  }
  button:disabled {
    opacity: 0.55;
    cursor: default;
  }
  button.filled {
    padding: 0 16px;
    font-weight: 600;
    color: var(--on-accent);
    background: var(--accent);
    border-color: transparent;
  }
  button.filled:hover {
    background: var(--accent-strong);
  }
  button.quiet {
    border-color: transparent;
  }
  button.icon {
    width: 32px;
    padding: 0;
    color: var(--ink-2);
    border-color: transparent;
  }
  button.icon:hover {
    color: var(--ink);
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  input:not([type='radio'], [type='checkbox']) {
    width: 100%;
    min-height: 36px;
    padding: 0 12px;
    font: inherit;
    color: var(--ink);
    background: var(--paper);
    border: 1px solid var(--line-strong);
    border-radius: 8px;
  }
  input:not([type='radio'], [type='checkbox']):focus-visible {
    border-color: var(--accent);
    outline: 1px solid var(--accent);
    outline-offset: 0;
  }
  h2 {
    margin: 0;
    font-size: 15px;
    font-weight: 600;
    line-height: 20px;
  }
  p {
    margin: 0;
  }
  .muted {
    color: var(--ink-2);
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`

/** A panel beside its button: `popover` elements, placed by floating.ts; a sheet from below on a narrow page. */
export const panel = css`
  [popover] {
    position: fixed;
    inset: auto;
    width: 344px;
    max-width: calc(100vw - 16px);
    max-height: calc(100dvh - 72px);
    margin: 0;
    padding: 16px;
    overflow: auto;
    font: 13px/20px var(--sans);
    color: var(--ink);
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: 12px;
    box-shadow: var(--shadow);
  }
  [popover]:focus-visible {
    outline: none;
  }
  @media (width <= 520px) {
    [popover] {
      inset: auto 8px 8px 8px !important;
      width: auto;
      max-height: calc(100dvh - 104px);
    }
  }
  @media (forced-colors: active) {
    [popover] {
      border-color: CanvasText;
    }
  }
`

/** One row of choices that exclude each other, drawn as joined buttons over real radio inputs. */
export const choice = css`
  .choice {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: 1fr;
    padding: 2px;
    background: var(--line-soft);
    border-radius: 8px;
  }
  .choice label {
    position: relative;
    display: flex;
    align-items: center;
    justify-content: center;
    min-height: 28px;
    padding: 0 8px;
    color: var(--ink-2);
    white-space: nowrap;
    cursor: pointer;
    border-radius: 6px;
  }
  .choice label:hover {
    color: var(--ink);
  }
  .choice input {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    cursor: pointer;
    opacity: 0;
  }
  .choice label:has(:checked) {
    font-weight: 600;
    color: var(--ink);
    background: var(--raised);
    box-shadow: 0 0 0 1px var(--line), 0 1px 2px rgb(0 0 0 / 0.08);
  }
  .choice label:has(:focus-visible) {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  @media (forced-colors: active) {
    .choice label:has(:checked) {
      outline: 2px solid Highlight;
    }
  }
`

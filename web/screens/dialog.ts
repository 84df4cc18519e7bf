/** A modal dialog over the page. */
import { css } from 'lit'

export const dialogStyle = css`
  dialog {
    width: 440px;
    max-width: calc(100vw - 16px);
    max-height: min(640px, calc(100dvh - 32px));
    padding: 20px 24px 24px;
    overflow: auto;
    color: var(--ink);
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: 16px;
    box-shadow: var(--shadow);
  }
  dialog::backdrop {
    background: var(--backdrop);
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    margin: -4px -8px 12px 0;
  }
  .buttons {
    display: flex;
    gap: 8px;
  }
`

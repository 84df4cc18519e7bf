/** A card in the middle of the page: what every screen without the text looks like. */
import { css } from 'lit'

export const card = css`
  :host {
    display: grid;
    place-items: center;
    min-height: 100%;
    padding: 24px 16px 15vh;
    font-size: 14px;
  }
  .card {
    display: grid;
    gap: 16px;
    width: 100%;
    max-width: 400px;
    padding: 32px;
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: 16px;
    box-shadow: var(--shadow-low);
  }
  .card.waiting {
    gap: 12px;
    background: none;
    border-color: transparent;
    box-shadow: none;
    animation: appear 1ms 400ms both;
  }
  /* What is quick needs no word of waiting. */
  @keyframes appear {
    from {
      visibility: hidden;
    }
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  .buttons button {
    min-height: 40px;
  }
  .buttons .filled {
    padding: 0 24px;
  }
  .small {
    font-size: 12px;
  }
  @media (width <= 520px) {
    .card {
      padding: 24px 20px;
    }
  }
`

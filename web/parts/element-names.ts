/**
 * Gives elements their names. A module that only holds a class has no effect of its own, so a bundler may drop
 * or move it; whoever needs an element on the page says so.
 */

/** Names each element once; again is fine. */
export function defineElements(elements: Readonly<Record<string, CustomElementConstructor>>): void {
  for (const [name, element] of Object.entries(elements)) {
    if (!customElements.get(name)) customElements.define(name, element)
  }
}

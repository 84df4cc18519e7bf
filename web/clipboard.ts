/**
 * Putting a link into the clipboard that is not made yet. Browsers allow it only inside the click, so the
 * promise itself is handed over (Firefox forgets the click within seconds; a ClipboardItem may wait).
 */

/** To be called inside the click. @returns whether the text really is in the clipboard */
export async function copyPromised(text: Promise<string>): Promise<boolean> {
  try {
    if (typeof ClipboardItem === 'function' && navigator.clipboard?.write) {
      const blob = text.then((made) => new Blob([made], { type: 'text/plain' }))
      await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })])
      return true
    }
    await navigator.clipboard.writeText(await text)
    return true
  } catch (_refused) {
    // The browser said no, or the text never came: whoever promised it hears of that by the promise itself.
    return false
  }
}

// Before the first paint: the theme this person chose, so that a dark page never flashes light.
// A file of its own because the page's policy allows no inline script.
try {
  const { theme } = JSON.parse(localStorage.getItem('coterie.settings') ?? '{}')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch (error) {
  reportError(error) // the system decides
}

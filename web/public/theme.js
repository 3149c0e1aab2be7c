// Blocks on purpose: a theme chosen earlier is set before the first paint, without an inline script.
try {
  const theme = localStorage.getItem('latchkey.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is switched off: the system's theme it is
}

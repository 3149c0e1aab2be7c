const STATIC_STYLE = /(<[a-zA-Z][^<>]*?\s)style="([^"{}]+)"/g

/**
 * A static `style="a: b"` is parsed from the template string, which `style-src 'self'` forbids.
 * This preprocessor makes `style:a="b"` of it, which Svelte sets through the CSSOM; libraries' components included.
 */
export const cspStyle = {
  name: 'csp-style',
  markup: ({ content }) => ({
    code: content.replace(STATIC_STYLE, (_, before, css) => before + directives(css)),
  }),
}

function directives(css) {
  return css
    .split(';')
    .map((declaration) => declaration.trim())
    .filter(Boolean)
    .map((declaration) => {
      const colon = declaration.indexOf(':')
      const property = declaration.slice(0, colon).trim()
      return `style:${property}="${declaration.slice(colon + 1).trim()}"`
    })
    .join(' ')
}

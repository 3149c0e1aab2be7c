import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig, type Plugin } from 'vite'
import { precompress } from './precompress.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The one font file that the first paint needs is asked for before the style sheet names it. */
const preloadFont = (): Plugin => ({
  name: 'preload-font',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle }) {
      const font = Object.keys(bundle ?? {}).find((file) => /inter-latin-wght-normal/.test(file))
      if (!font) return []
      const attrs = { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: '' }
      return [{ tag: 'link', attrs: { ...attrs, href: `/${font}` }, injectTo: 'head' }]
    },
  },
})

export default defineConfig({
  root: here('.'),
  // Tailwind's own pass would spell `light-dark()` out for browsers that we do not serve
  plugins: [
    tailwindcss({ optimize: false }),
    svelte({ configFile: here('./svelte.config.js') }),
    preloadFont(),
    precompress(),
  ],
  build: {
    outDir: here('../build/web'),
    emptyOutDir: true,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The policy allows no `data:` and no inline script
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: 'licenses.md' },
  },
})

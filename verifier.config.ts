import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The verifier as one file for whoever has only Node: nothing to install, and to be read before it is trusted. */
export default defineConfig({
  root: here('.'),
  publicDir: false,
  ssr: { noExternal: true },
  build: {
    ssr: here('server/verifier/main.ts'),
    outDir: here('build/verifier'),
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    reportCompressedSize: false,
    rolldownOptions: {
      output: { entryFileNames: 'latchkey-verify.mjs', banner: '#!/usr/bin/env node' },
    },
  },
})

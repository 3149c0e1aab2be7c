import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  plugins: [svelte({ configFile: here('./svelte.config.js') })],
  // Without the condition, Svelte resolves to its build for servers
  resolve: { conditions: ['browser'] },
  test: {
    name: 'web',
    dir: here('../test/web'),
    include: ['**/*.test.ts'],
    environment: 'happy-dom',
  },
})

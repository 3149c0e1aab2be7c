import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'
import { cspStyle } from './csp-style.js'

export default {
  preprocess: [cspStyle, vitePreprocess()],
  compilerOptions: {
    // Libraries may still be written in the older mode
    runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true),
  },
}

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import CountingReporter from '../reporter.ts'

/** The runs that take minutes: `npm run test:long`. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/long/*.test.ts', 'test/access/races.test.ts'],
    provide: { races: 300 },
    globalSetup: 'test/global-setup.ts',
    reporters: ['default', new CountingReporter()],
    testTimeout: 900_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
})

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import CountingReporter from '../reporter.ts'

/** The runs that take minutes: `npm run test:long`. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: [
      'test/long/*.test.ts',
      'test/access/{life-of-a-request,races}.test.ts',
      'test/http/{addresses,bodies}.test.ts',
      'test/store/audit-paging.test.ts',
    ],
    provide: { thorough: true },
    globalSetup: 'test/global-setup.ts',
    reporters: ['default', new CountingReporter()],
    testTimeout: 900_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
})

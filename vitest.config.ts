import { defineConfig } from 'vitest/config'
import LongestFirst from './test/longest-first.ts'
import CountingReporter from './test/reporter.ts'

export default defineConfig({
  test: {
    reporters: ['default', new CountingReporter()],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/long/**', 'test/web/**'],
          globalSetup: 'test/global-setup.ts',
          provide: { thorough: false },
          // Loading what most files import takes longer than most files; nothing in it remembers anything.
          isolate: false,
          env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      './web/vitest.config.ts',
    ],
  },
})

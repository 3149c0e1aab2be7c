import { defineConfig } from 'vitest/config'
import CountingReporter from './test/reporter.ts'

export default defineConfig({
  test: {
    reporters: ['default', new CountingReporter()],
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/long/**', 'test/web/**'],
          globalSetup: 'test/global-setup.ts',
          provide: { thorough: false },
          env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      './web/vitest.config.ts',
    ],
  },
})

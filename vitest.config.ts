import { defineConfig } from 'vitest/config'
import CountingReporter from './test/reporter.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', 'test/web/**'],
    globalSetup: 'test/global-setup.ts',
    reporters: ['default', new CountingReporter()],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})

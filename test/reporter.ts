import type { Reporter, TestModule, Vitest } from 'vitest/node'

/**
 * The last line of a run, alone: `12 passed, 0 failed`, and `, 1 skipped` when there are any.
 * A file that does not load and an error outside of any test count as failed.
 */
export default class CountingReporter implements Reporter {
  onInit(vitest: Vitest): void {
    this.#watching = vitest.config.watch
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      count.failed += module.errors().length
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length
      for (const test of module.children.allTests()) count[test.result().state] += 1
    }
    const skipped = count.skipped + count.pending
    const line = `${count.passed} passed, ${count.failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`
    const print = () => process.stdout.write(line)
    // Vitest still says things while it closes, so the line waits for the end of the process.
    if (this.#watching) print()
    else process.once('exit', print)
  }

  #watching = false
}

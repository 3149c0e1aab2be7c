/**
 * What has been started, to be stopped in the opposite order.
 * Each is stopped whatever became of the others; the first error is thrown at the end.
 */
export class Closers {
  #steps: (() => unknown)[] = []

  /** @returns what was started, so that it can be named where it is started */
  add<T>(started: T, stop: (started: T) => unknown): T {
    this.#steps.push(() => stop(started))
    return started
  }

  async close(): Promise<void> {
    const errors: unknown[] = []
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

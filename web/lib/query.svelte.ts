/** Answers kept so that a page one comes back to is there at once. Gone with the page; tokens never pass here. */
const remembered = new Map<string, unknown>()

/**
 * One read of the server: its data, or why there is none. Create it in a component; call `load` to refresh.
 * With a `key`, the last answer is shown at once while a new one is on its way.
 */
export class Query<T> {
  data = $state.raw<T>()
  error = $state.raw<unknown>()
  loading = $state(false)
  #fetch: () => Promise<T>
  #key: string | undefined
  #latest = 0

  constructor(fetch: () => Promise<T>, key?: string) {
    this.#fetch = fetch
    this.#key = key
    if (key !== undefined) this.data = remembered.get(key) as T | undefined
    void this.load()
  }

  load = async () => {
    const call = ++this.#latest
    this.loading = true
    try {
      const data = await this.#fetch()
      if (call !== this.#latest) return // A later load has overtaken this one
      this.data = data
      this.error = undefined
      if (this.#key !== undefined) remembered.set(this.#key, data)
    } catch (error) {
      if (call === this.#latest) this.error = error
    } finally {
      if (call === this.#latest) this.loading = false
    }
  }
}

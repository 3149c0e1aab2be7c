/** A value of the provider that we keep for a while. */
export type Fresh<T> = {
  /** The kept value while it is fresh, else a new one. What is stale is never given: its failure is the caller's. */
  get(): Promise<Kept<T>>
  /** Fetches now. However many ask meanwhile, it is one fetch. A failure is not kept. */
  reload(): Promise<Kept<T>>
  isLoading(): boolean
  /** The last one we had, of any age. */
  last(): Kept<T> | undefined
}

export type Kept<T> = { value: T; at: number }

/** Loads nothing until it is asked. `life` in milliseconds. */
export function fresh<T>(load: () => Promise<T>, life: number, now: () => number): Fresh<T> {
  let kept: Kept<T> | undefined
  let loading: Promise<Kept<T>> | undefined

  const reload = () =>
    (loading ??= load()
      .then((value) => (kept = { value, at: now() }))
      .finally(() => (loading = undefined)))

  return {
    get: async () => (kept && Math.abs(now() - kept.at) < life ? kept : reload()),
    reload,
    isLoading: () => loading !== undefined,
    last: () => kept,
  }
}

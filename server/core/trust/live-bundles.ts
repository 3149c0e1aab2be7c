import { type CaBundleSet, type CaRoots, type KnownRoots, regionalBundles } from './ca-bundle.ts'

/** Bundles that change while the portal runs: when one is accepted, and when a certificate ends. */
export type LiveBundles = CaBundleSet & {
  /** CA_BUNDLE_FILE decides, and nothing else. */
  overridden: boolean
  known(): KnownRoots
  /** Asks what is accepted by now. */
  reload(): Promise<void>
}

/** @param accepted PEM of each accepted bundle, in the order of their acceptance: the newest wins for its regions */
export function liveBundles(
  roots: CaRoots,
  accepted: () => Promise<readonly string[]>,
  now: () => Date,
): LiveBundles {
  let current = regionalBundles(roots, [], now())
  let made = stateOf([], now())
  return {
    overridden: false,
    bundle: (region) => current.set.bundle(region),
    list: () => current.set.list(),
    known: () => current.known,
    reload: async () => {
      const pems = await accepted()
      const state = stateOf(pems, now())
      // Every certificate of it would be read and verified anew.
      if (state === made) return
      current = regionalBundles(roots, pems, now())
      made = state
    },
  }
}

/** A set that nothing changes: that of a file. */
export const fixedBundles = (set: CaBundleSet): LiveBundles => ({
  ...set,
  overridden: true,
  known: () => ({ trusted: [], pinned: [] }),
  reload: async () => {},
})

/** Certificates begin and end by the day, as far as bundles go. */
const stateOf = (pems: readonly string[], now: Date) =>
  [now.toISOString().slice(0, 10), ...pems].join('\n')

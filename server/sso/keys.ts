import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { SignInRefused } from '../core/person/identity.ts'
import { FetchFailed, fetchJson, type Fetch } from './fetch-json.ts'
import { fresh, type Kept } from './fresh.ts'
import { FRESH, KEY_SEARCH, type Limits } from './limits.ts'

export type KeySet = ReturnType<typeof createLocalJWKSet>

export type Keys = {
  /** The provider's keys, not older than ten minutes. */
  current(): Promise<Kept<KeySet>>
  /**
   * Newer keys than these, for a token whose key is not among them: a rotation, or a provider that restarted.
   * `since` is when that token came. Undefined when there are none to be had: looked for at most once a minute.
   */
  newerThan(keys: Kept<KeySet>, since: number): Promise<Kept<KeySet> | undefined>
}

/** Throws SignInRefused `provider_unavailable` or `metadata_invalid`. */
export function makeKeys(options: {
  uri: () => Promise<string>
  fetch: Fetch
  limits: Limits
  now: () => number
}): Keys {
  const { now } = options
  const keys = fresh(async () => load(await options.uri(), options), FRESH, now)
  let searchedAt = -Infinity

  return {
    current: keys.get,
    newerThan: async (than, since) => {
      const last = keys.last()
      if (last && last !== than) return last
      if (keys.isLoading()) return keys.reload()
      if (than.at >= since || Math.abs(now() - searchedAt) < KEY_SEARCH) return undefined
      searchedAt = now()
      return keys.reload()
    },
  }
}

async function load(uri: string, options: { fetch: Fetch; limits: Limits }): Promise<KeySet> {
  try {
    return createLocalJWKSet((await fetchJson(uri, options)) as JSONWebKeySet)
  } catch (error) {
    if (error instanceof FetchFailed && error.kind === 'unavailable')
      throw new SignInRefused('provider_unavailable', 'The provider does not show its keys.', {
        cause: error,
      })
    throw new SignInRefused('metadata_invalid', 'The keys of the provider cannot be read.', {
      cause: error,
    })
  }
}

import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

type Entry = { payload: AdapterPayload; endsAt: number }

/** What the provider remembers, for as long as it runs: after a restart people sign in anew. */
export function makeMemory(): AdapterFactory {
  const entries = new Map<string, Entry>()

  const read = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key)
    if (entry && entry.endsAt > Date.now()) return entry.payload
    entries.delete(key)
    return undefined
  }

  return (kind: string): Adapter => {
    const findBy = async (name: 'uid' | 'userCode', value: string) =>
      [...entries]
        .filter(([key, { payload }]) => key.startsWith(`${kind}:`) && payload[name] === value)
        .map(([key]) => read(key))[0]
    return {
      async upsert(id, payload, expiresIn) {
        // Not a timer for each: whoever adds sweeps what has ended.
        for (const key of entries.keys()) read(key)
        entries.set(`${kind}:${id}`, {
          payload,
          endsAt: expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000,
        })
      },
      find: async (id) => read(`${kind}:${id}`),
      findByUid: (uid) => findBy('uid', uid),
      findByUserCode: (code) => findBy('userCode', code),
      async consume(id) {
        const found = read(`${kind}:${id}`)
        if (found) found.consumed = Math.floor(Date.now() / 1000)
      },
      async destroy(id) {
        entries.delete(`${kind}:${id}`)
      },
      async revokeByGrantId(grantId) {
        for (const [key, { payload }] of entries)
          if (payload.grantId === grantId) entries.delete(key)
      },
    }
  }
}

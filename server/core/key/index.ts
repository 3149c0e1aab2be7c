import { allowKey } from './allow-key.ts'
import { endKey } from './end-key.ts'
import { fetchKey } from './fetch-key.ts'
import { issueTokenByKey } from './issue-token-by-key.ts'
import { listKeys } from './list-keys.ts'
import { makeKey } from './make-key.ts'
import type { KeyStore } from './ports.ts'

export type Keys = ReturnType<typeof makeKeys>

/** Everything one can do with personal keys. */
export const makeKeys = (deps: { store: KeyStore } & Parameters<typeof issueTokenByKey>[0]) => ({
  /** Whether the operator lets people have any. */
  offered: deps.limits.longest > 0,
  listKeys: listKeys(deps),
  makeKey: makeKey(deps),
  endKey: endKey(deps),
  allowKey: allowKey(deps),
  fetchKey: fetchKey(deps),
  issueToken: issueTokenByKey(deps),
})

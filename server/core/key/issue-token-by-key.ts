import { carryOut, type IssuedToken } from '../access/carry-out.ts'
import type { Grant } from '../access/grant.ts'
import { intentOf, planMint } from '../access/plan-mint.ts'
import { standingOf } from '../access/policy.ts'
import type { AssumeRole, MintStore, SignToken } from '../access/ports.ts'
import { refusalOf } from '../access/refusal.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { DomainError } from '../error.ts'
import type { Record } from '../person/ports.ts'
import { isRecent } from './key.ts'
import { isKeyText } from './key-text.ts'
import type { KeyLimits } from './make-key.ts'
import type { KeyHolder, KeyMintStore, KeyMintSubject, KeyStore } from './ports.ts'
import { keyRefused } from './record-key.ts'

type Deps = {
  store: Pick<KeyStore, 'recordDead'>
  keyMint: KeyMintStore
  mint: Pick<MintStore, 'conclude'>
  limits: KeyLimits
  catalog: () => Catalog
  assumeRole: AssumeRole
  signToken: SignToken
  record: Record
  newId: () => string
  publicUrl: string
}

/** Who asks, by the text of a key. */
export type KeyAsker = { key: string; address: string; requestId: string }
export type TokenByKeyWish = { database: string; user: string; endpoint?: string | undefined }

/**
 * One token for an open grant of the key's owner, with every check of the mint (`issueToken`), and the groups of their newest
 * sign-in, which must not be older than the operator allows.
 * Errors: unauthenticated `key_refused`, one answer for a key that never was, has ended or has expired; forbidden `keys_off`,
 * `sign_in_old`, `team_left`, `rule_gone`; not_found `no_grant`; conflict `not_started`, `grant_ended`; invalid `no_such_endpoint`;
 * and what AWS or the store make impossible. What a real key was refused is recorded.
 */
export function issueTokenByKey(deps: Deps) {
  const carry = carryOut(deps)
  return async (asker: KeyAsker, wish: TokenByKeyWish): Promise<IssuedToken> => {
    if (deps.limits.longest === 0)
      throw new DomainError('forbidden', 'This portal has no personal keys.', {
        reason: 'keys_off',
      })
    if (!isKeyText(asker.key)) throw refusedKey()
    const intentId = deps.newId()
    const { requestId, address } = asker
    const { database, user } = wish
    let holder: KeyHolder | undefined

    const judge = (found: KeyMintSubject | null) => {
      if (!found) throw refusedKey()
      holder = found.holder
      const plan = judgeByKey(deps, found, wish)
      const about = { actor: { person: plan.personId }, requestId, address, intentId }
      return { plan, event: { ...about, ...intentOf(plan) } }
    }
    const { plan, now } = await deps.keyMint.intend(asker.key, wish, judge).catch(async (error) => {
      const why = refusalOf(error)
      if (why === undefined) throw error
      const about = { what: 'token', database, user } as const
      if (holder) {
        const { personId, keyId: key, prefix } = holder
        const by = { personId, requestId, address }
        await deps.record(keyRefused(by, { ...about, why, key, prefix }))
      } else
        await deps.store.recordDead(asker.key, (dead) =>
          keyRefused(
            { personId: dead.personId, requestId, address },
            { ...about, why: dead.why, key: dead.id, prefix: dead.prefix },
          ),
        )
      throw error
    })
    const actor = { person: plan.personId }
    return carry(plan, { actor, requestId, address, intentId }, now)
  }
}

function judgeByKey(
  { catalog, limits, publicUrl }: Pick<Deps, 'catalog' | 'limits' | 'publicUrl'>,
  { holder, grants, now }: KeyMintSubject,
  { database, endpoint }: TokenByKeyWish,
) {
  if (!isRecent(holder.signedInAt, now, limits.signInAge))
    throw new DomainError('forbidden', 'You have not signed in to the portal for too long.', {
      reason: 'sign_in_old',
      mend: `Sign in at ${publicUrl}: then the key works again.`,
    })
  const grant = bestOf(grants, holder, now, catalog())
  if (!grant)
    throw new DomainError('not_found', 'You have no open access to that database as that user.', {
      reason: 'no_grant',
      mend: `Ask for it at ${publicUrl}/db/${encodeURIComponent(database)}`,
    })
  const via = { via: 'key', key: holder.keyId, keyPrefix: holder.prefix } as const
  return planMint(catalog(), { grant, holder, now }, { endpoint, via })
}

/** One that gives a token now, else one that says why it does not; of equals the one that lasts longest. */
function bestOf(grants: Grant[], holder: KeyHolder, now: Date, catalog: Catalog) {
  const usable = (grant: Grant) => standingOf(grant, now, catalog, holder.groups).usable
  return [...grants].sort(
    (a, b) =>
      Number(usable(b)) - Number(usable(a)) ||
      Number(a.startsAt > now) - Number(b.startsAt > now) ||
      b.endsAt.getTime() - a.endsAt.getTime(),
  )[0]
}

/** Nobody is told whether it ever was one. */
const refusedKey = () =>
  new DomainError('unauthenticated', 'This key does not work: it has ended, or it never did.', {
    reason: 'key_refused',
    mend: 'Get a new one: latchkey login.',
  })

import { SignInRefused } from '../core/person/identity.ts'

type Claims = { readonly [claim: string]: unknown }

const MOST = 1_000
const LONGEST = 256
/** Bytes of all of them as JSON: the record of the sign-in lists them, and one record has an end. */
const ROOM = 32 * 1024

/**
 * The groups of a claim: a list of texts, or one text which is one group. Undefined when it is not there.
 * Names stay as they are: matched whole, by case, never trimmed or split. Throws SignInRefused `groups_invalid`.
 */
export function groupsOf(claims: Claims, claim: string): string[] | undefined {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (value === undefined || value === null) return undefined
  const groups: unknown[] = Array.isArray(value) ? value : [value]
  if (groups.length > MOST)
    throw invalid(`${MOST} groups are the most; the provider should send only those of this portal`)
  if (!groups.every(isGroup)) throw invalid('a group is a text of 1 to 256 characters')
  const distinct = [...new Set(groups)]
  if (Buffer.byteLength(JSON.stringify(distinct)) > ROOM)
    throw invalid('their names are too long together')
  return distinct
}

/**
 * Whether the provider says that there are groups which it does not list: too many for a token (Microsoft Entra ID:
 * `_claim_names`, `hasgroups`). Where it points to is never followed: it would send our token to any address.
 */
export function areElsewhere(claims: Claims, claim: string): boolean {
  const names = claims._claim_names
  const distributed = typeof names === 'object' && names !== null ? names : {}
  const flagged = claims.hasgroups
  return (
    Object.hasOwn(distributed, claim) ||
    Object.hasOwn(distributed, 'groups') ||
    (flagged !== undefined && flagged !== null && flagged !== false && flagged !== 'false')
  )
}

const isGroup = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= LONGEST &&
  value.isWellFormed() &&
  !/\p{Cc}/u.test(value)

const invalid = (why: string) =>
  new SignInRefused('groups_invalid', 'The groups that the provider sent cannot be used.', {
    cause: new Error(why),
  })

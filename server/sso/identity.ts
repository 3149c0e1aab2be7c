import { type Identity, SignInRefused } from '../core/person/identity.ts'
import { claimsToShow, emailOf, nameOf } from './display.ts'
import type { Fetch } from './fetch-json.ts'
import { areElsewhere, groupsOf } from './groups.ts'
import { type IdTokenClaims, provedAt } from './id-token-claims.ts'
import type { Limits } from './limits.ts'
import { askUserInfo, type UserInfo } from './user-info.ts'

type Found = {
  issuer: string
  claims: IdTokenClaims
  accessToken: string | undefined
  userInfoEndpoint: string | undefined
  /** Milliseconds. */
  now: number
}

/**
 * Who the proved claims are about. Known by (issuer, subject) and nothing else; e-mail and name are for reading.
 * Groups come from the ID token, else from UserInfo; somebody without any signs in with none. Throws SignInRefused.
 */
export async function identify(
  found: Found,
  options: { groupsClaim: string; fetch: Fetch; limits: Limits },
): Promise<Identity> {
  const { issuer, claims } = found
  const { groupsClaim } = options
  if (areElsewhere(claims, groupsClaim)) throw unresolved()
  const own = groupsOf(claims, groupsClaim)
  const info = await userInfo(found, own === undefined, options)
  if (info && own === undefined && areElsewhere(info, groupsClaim)) throw unresolved()
  const told = own ?? (info && groupsOf(info, groupsClaim))

  const sources = info ? [claims, info] : [claims]
  const first = <T>(read: (source: UserInfo) => T | null) =>
    sources.map(read).find((value) => value !== null) ?? null
  return {
    issuer,
    subject: claims.sub,
    name: first(({ name, preferred_username }) => nameOf(name) ?? nameOf(preferred_username)),
    email: first(({ email }) => emailOf(email)),
    groups: told ?? [],
    groupsFrom: own ? 'id_token' : told ? 'userinfo' : 'none',
    claims: claimsToShow(...sources),
    provedAt: provedAt(claims, found.now),
  }
}

/**
 * Asked for the groups, and then it must answer; or for a name and an address that the ID token leaves out,
 * and then its silence costs only these. An answer about another person ends the sign-in in both cases.
 */
async function userInfo(
  { claims, accessToken, userInfoEndpoint }: Found,
  forGroups: boolean,
  options: { fetch: Fetch; limits: Limits },
): Promise<UserInfo | undefined> {
  const isWanted = forGroups || (claims.name === undefined && claims.email === undefined)
  if (!isWanted || userInfoEndpoint === undefined || accessToken === undefined) return undefined
  try {
    return await askUserInfo(userInfoEndpoint, accessToken, claims.sub, options)
  } catch (error) {
    const isAboutAnother = error instanceof SignInRefused && error.code === 'userinfo_subject'
    if (forGroups || isAboutAnother) throw error
    return undefined
  }
}

const unresolved = () =>
  new SignInRefused(
    'groups_unresolved',
    'The provider has more groups for you than it sends, so the portal cannot know them.',
  )

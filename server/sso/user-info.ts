import { SignInRefused } from '../core/person/identity.ts'
import { FetchFailed, fetchJson, type Fetch } from './fetch-json.ts'
import type { Limits } from './limits.ts'

export type UserInfo = { readonly [claim: string]: unknown }

/**
 * Asks UserInfo, the token in the header only (RFC 9700 §4.3.2), and takes nothing that is about another person
 * (OpenID Connect Core 1.0 §5.3.2). Throws SignInRefused.
 */
export async function askUserInfo(
  endpoint: string,
  accessToken: string,
  subject: string,
  { fetch, limits }: { fetch: Fetch; limits: Limits },
): Promise<UserInfo> {
  const headers = { authorization: `Bearer ${accessToken}` }
  const found = await fetchJson(endpoint, { fetch, limits, headers }).catch((error: unknown) => {
    throw error instanceof FetchFailed && error.kind === 'unavailable'
      ? new SignInRefused('provider_unavailable', 'The provider does not tell about you.', {
          cause: error,
        })
      : invalid(error)
  })
  if (typeof found !== 'object' || found === null || Array.isArray(found)) throw invalid()
  const info = found as UserInfo
  if (info.sub !== subject)
    throw new SignInRefused('userinfo_subject', 'The provider told about another person.')
  return info
}

const invalid = (cause?: unknown) =>
  new SignInRefused('userinfo_invalid', 'What the provider tells about you cannot be read.', {
    cause,
  })

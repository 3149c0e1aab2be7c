import type { Token } from '../contract/token.ts'
import type { IssuedToken } from '../core/access/carry-out.ts'
import { formsOf } from '../core/connect/token-form.ts'

export type ViewToken = (issued: IssuedToken) => Token

/** `now` is the clock of the signer. */
export const tokenView =
  (now: () => Date): ViewToken =>
  ({ token, signedAt, expiresAt, endsWith }) => ({
    token,
    forms: formsOf(token),
    length: token.length,
    issuedAt: signedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    endsWith,
    now: now().toISOString(),
  })

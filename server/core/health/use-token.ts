import { createHash } from 'node:crypto'
import type { RoleSession, SignToken } from '../access/ports.ts'
import type { AuditEvent } from '../audit/event.ts'
import type { HealthStore } from './ports.ts'

type Deps = { recordIntent: HealthStore['recordIntent']; signToken: SignToken }

/** What a token of a check is for; the intent is the record that comes before it. */
export type TokenWish = {
  intent: AuditEvent<'check.intent'>
  session: RoleSession
  host: string
  port: number
  region: string
  user: string
}

export type Used<T> =
  | { signed: true; tokenSha256: string; result: T }
  | { signed: false; why: 'not_recorded' | 'not_signed' }

/**
 * The one place where a check gets a token: its intent is committed, then it is signed, used once, and dropped.
 * Where the intent cannot be committed nothing is signed. The token goes to `use` alone: not into an answer, a log or the store.
 */
export function makeUseToken({ recordIntent, signToken }: Deps) {
  return async <T>(wish: TokenWish, use: (token: string) => Promise<T>): Promise<Used<T>> => {
    const { intent, ...door } = wish
    try {
      await recordIntent(intent)
    } catch {
      return { signed: false, why: 'not_recorded' }
    }
    const signed = await signToken(door).catch(() => undefined)
    if (!signed) return { signed: false, why: 'not_signed' }
    const tokenSha256 = createHash('sha256').update(signed.token).digest('hex')
    return { signed: true, tokenSha256, result: await use(signed.token) }
  }
}

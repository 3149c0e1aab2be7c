import type { Grant } from '../access/grant.ts'
import type { Finding } from '../health/finding.ts'

/** What the log has of a token: everything but the token. */
export type LastToken = {
  issuedAt: Date
  /** The end of the token or of the session that signed it, whichever comes first. */
  expiresAt: Date
  endpoint: string
  host: string
  port: number
  region: string
  user: string
  /** Characters. */
  length: number
  /** Lower-case hex. */
  sha256: string
}

export interface DiagnosisStore {
  /** The newest token of a grant, and the database's clock; null where there was none. */
  lastToken(grant: Pick<Grant, 'id' | 'personId' | 'startsAt'>): Promise<{
    now: Date
    token: LastToken | null
  }>
}

/** Which check of a database says something about one grant. */
export type FindingWish = { database: string; team: string; user: string; endpoint: string }

/** The newest one there is. */
export type NewestFinding = (wish: FindingWish) => Promise<Finding | null>

import type { AuditEvent } from '../audit/event.ts'
import type { RoleSession } from '../access/ports.ts'
import type { Address, Database, Endpoint } from '../catalog/catalog.ts'
import type { Finding } from './finding.ts'

/** The addresses of a name, or null when there is no such name or nobody to ask. */
export type Resolve = (host: string) => Promise<readonly string[] | null>

export type RoleWish = {
  roleArn: string
  region: string
  /** Role session name, and source identity where one is set. */
  sessionName: string
  sourceIdentity: boolean
  /** null: without one, as somebody else's portal would try. */
  externalId: string | null
  /** The one `rds-db:connect` ARN of the session policy; null for a session that may do nothing at all. */
  connectArn: string | null
}

export type RoleAnswer = {
  /** AWS's clock less the portal's, milliseconds, by the `Date` of the answer; null where there was none. */
  skew: number | null
} & (
  | {
      letIn: true
      session: RoleSession
      /** Of the session policy, as a percentage of what STS allows; null where it was not said. */
      packedPolicySize: number | null
    }
  | {
      letIn: false
      /** `sts_access_denied`, `sts_throttled`, `sts_unreachable` …, as a mint has them. */
      reason: string
      evidence: string
      mend: string | null
    }
)

/** One AssumeRole, never tried again and never kept. Throws nothing. */
export type TryRole = (wish: RoleWish) => Promise<RoleAnswer>

export type LogInWish = {
  database: Pick<Database, 'engine' | 'dbname'>
  dial: Address
  /** The name that the certificate must be for. */
  host: string
  /** PEM: the chain must end in it. */
  ca: string
  user: string
  token: string
}

/**
 * `password`: the database asked for a password and never looked at the token. `token`: it judged the token, and refused it.
 * Codes are SQLSTATEs, error numbers and names of this process, never text of the server: it has seen the token.
 */
export type LogInAnswer =
  | { outcome: 'in'; /** Of `rds_iam`; null where there is no such role. */ member: boolean | null }
  | { outcome: 'refused'; by: 'password' | 'token' | 'plugin' | 'other'; code: string }
  | { outcome: 'failed'; code: string }

/** A real connection over verified TLS, `SELECT 1`, and its end. Bounded in time; throws nothing. */
export type LogIn = (wish: LogInWish) => Promise<LogInAnswer>

/** What a check is of: an endpoint, as a rule's team and database user; without a rule only what needs neither. */
export type Target = {
  database: Database
  endpoint: Endpoint
  rule: { team: string; user: string } | null
}

export interface HealthStore {
  /** Commits it before anything is signed. Throws when it cannot. */
  recordIntent(event: AuditEvent<'check.intent'>): Promise<void>
  /** The newest finding of each target, of any catalog, or of one database. */
  findings(database?: string): Promise<Finding[]>
  /** The same without the steps that went well or were not run. */
  troubles(): Promise<Finding[]>
  /** Keeps what was found in place of what was before, and records it: one transaction. */
  keepFinding(finding: Omit<Finding, 'at'>, event: AuditEvent<'check.done'>): Promise<void>
  /** Forgets what is of none of these. */
  forgetOthers(targets: readonly Target[]): Promise<void>
}

import type { AuditEvent } from '../audit/event.ts'
import type { AccessRequest, Grant } from './grant.ts'

/** What the use cases of access need from the store. Everything inside one `transaction` commits together or not at all. */
export interface AccessStore {
  transaction<T>(work: (tx: AccessTx) => Promise<T>): Promise<T>
  /** Active first, then newest; at most 200. With the database's clock. */
  grantsOf(personId: string): Promise<{ now: Date; grants: Grant[] }>
}

export interface AccessTx {
  /** Creates an approved request and its grant; the window starts at the database's clock. */
  openGrant(wish: Omit<AccessRequest, 'id' | 'state' | 'createdAt'>): Promise<Grant>
  /** Locks the row against mints and other changes. `now` is the database's clock after the lock was had. */
  lockGrant(id: string): Promise<{ grant: Grant; now: Date } | null>
  endGrant(id: string, endedBy: string): Promise<Grant>
  record(event: AuditEvent): Promise<void>
}

/** What was found, and locked, at the start of a mint. */
export type MintSubject = { grant: Grant; groups: readonly string[]; now: Date }

export interface MintStore {
  /**
   * T1. Locks the grant and the session, which must be alive, hands what it found to `judge`, writes the intent that it
   * returns, commits. `judge` throws to refuse; then nothing is written.
   */
  intend<T extends { event: AuditEvent<'token.intent'> }>(
    grantId: string,
    sessionId: string,
    judge: (found: MintSubject | null) => T,
  ): Promise<T & { now: Date }>
  /**
   * T2. Writes the outcome of an intent and commits.
   * Throws `unavailable` when the intent is older than 30 s: then the reaper may be about to close it.
   */
  conclude(event: AuditEvent<'token.issued' | 'token.failed'>, intendedAt: Date): Promise<void>
  /** Closes intents that are older than 60 s and have no outcome as `token.unknown`; returns how many. One replica at a time. */
  reap(): Promise<number>
}

/** Temporary credentials of a role, narrowed to one database user of one database. */
export type RoleSession = {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  expiresAt: Date
  /** The request id that STS answered with: joins with CloudTrail. */
  stsRequestId: string
}

export type AssumeWish = {
  roleArn: string
  externalId: string
  /** The person, readable and collision-free: role session name and source identity. */
  sessionName: string
  region: string
  /** The one `rds-db:connect` ARN of the session policy. */
  connectArn: string
}

/** Throws DomainError `upstream` (refused or wrong answer; `reason` says which), `unavailable` (circuit open, throttled) or `timeout`. */
export type AssumeRole = (wish: AssumeWish) => Promise<RoleSession>

export type SignedToken = {
  token: string
  signedAt: Date
  expiresAt: Date
  endsWith: 'token' | 'session'
}

/** Local: no AWS call. The token is for exactly this host, port, region and database user. */
export type SignToken = (wish: {
  host: string
  port: number
  region: string
  user: string
  session: RoleSession
}) => Promise<SignedToken>

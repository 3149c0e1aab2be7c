import type { SignedIn } from '../actor.ts'
import type { AuditEvent } from '../audit/event.ts'
import type { Grant, Review } from './grant.ts'
import type { Message } from './message.ts'
import type { AccessRequest, Decision, RequestFile, RequestState, Wish } from './request.ts'
import type { Outcome } from './request-state.ts'

/** What the use cases of access need from the store. Everything inside one `transaction` commits together or not at all. */
export interface AccessStore {
  transaction<T>(work: (tx: AccessTx) => Promise<T>): Promise<T>
  /** Open first, then newest; at most 200. With the database's clock. */
  grantsOf(personId: string): Promise<{ now: Date; grants: Grant[] }>
  /** One request, as it is now, without a lock. */
  request(id: string): Promise<(RequestFile & { now: Date }) | null>
  /** Newest first, by pages that neither skip nor repeat. */
  requests(wish: RequestsWish): Promise<{ now: Date; files: RequestFile[] }>
  /** How many requests and emergencies wait for this person. */
  countWaiting(personId: string, rules: RuleKeys, everyReview: boolean): Promise<number>
  /** The grants that came from these requests, with the reviews of emergencies and the names of those who ended them. */
  grantsFrom(
    requestIds: readonly string[],
  ): Promise<{ grant: Grant; review: Review | null; ender: string | null }[]>
  /** Pending requests whose time is over; at most `limit`. */
  overdue(limit: number): Promise<string[]>
}

/** Rules by their keys: what is asked of the store are rows under one of them. */
export type RuleKeys = readonly {
  team: string
  database: string
  user: string
  /** Those in force: who decided about these has done so. */
  terms: string
}[]

export type RequestsWish = {
  /** Whose; all where it is not said. */
  personId?: string
  /** Only what waits for this person: pending and not theirs under one of the rules and not decided by them, or an emergency to review. */
  waitingFor?: { personId: string; rules: RuleKeys; everyReview: boolean }
  state?: RequestState | 'emergency' | 'running'
  /** In the names of database, team, database user, person, e-mail, or in the reason. */
  text?: string
  /** The request after which the page begins. */
  before?: string
  limit: number
}

export interface AccessTx {
  now(): Promise<Date>
  /** Keeps the session of whoever acts from being ended until the commit; false when it has been. */
  holdSession(sessionId: string): Promise<boolean>
  /** A pending request; null when this person has one open under the same rule already. */
  openRequest(wish: Wish, within: number): Promise<AccessRequest | null>
  /** A request that nobody had to decide. */
  approvedRequest(wish: Wish): Promise<AccessRequest>
  /** The window of a request: from its start or now, whichever is later, by the database's clock. */
  openGrant(request: AccessRequest): Promise<Grant>
  /** Locks the row against every other change of its state. `now` is the database's clock after the lock was had. */
  lockRequest(id: string): Promise<(RequestFile & { now: Date }) | null>
  /** All that this person asked for and nobody decided, locked in one order for all. */
  lockPendingRequests(personId: string): Promise<(RequestFile & { now: Date })[]>
  /** False when this person has decided about these terms already. */
  addDecision(requestId: string, decision: { personId: string } & DecisionText): Promise<boolean>
  /** `cancelled` needs by whom and why; nothing else has it. */
  closeRequest(
    id: string,
    state: Outcome,
    cancelled?: { personId: string; reason: string },
  ): Promise<void>
  /** Locks the row against mints and other changes. `now` is the database's clock after the lock was had. */
  lockGrant(id: string): Promise<{ grant: Grant; now: Date } | null>
  /** Locks all that is open of a person or of a database, in one order for all. */
  lockOpenGrants(of: { personId: string } | { database: string }): Promise<Grant[]>
  /** Ends every session of a person, and answers how many there were. */
  endSessions(personId: string): Promise<number>
  /** Ends every personal key of a person that works. */
  endKeys(
    personId: string,
    endedBy: string,
  ): Promise<{ id: string; name: string; prefix: string }[]>
  endGrant(id: string, endedBy: string, reason: string | null): Promise<Grant>
  /** False when it has been reviewed already. */
  addReview(grantId: string, personId: string, comment: string): Promise<boolean>
  record(event: AuditEvent): Promise<void>
  /** Tells every portal that this request changed, when the transaction commits. */
  announce(about: Announced): Promise<void>
  /** Writes down a message to deliver after the commit. */
  tell(message: Message): Promise<void>
}

export type DecisionText = Pick<Decision, 'verdict' | 'comment' | 'terms'>

/** Which request changed, and what says who may know. */
export type Announced = Pick<AccessRequest, 'id' | 'personId' | 'team' | 'database' | 'user'>

/** What was found, and locked, at the start of a mint: a grant, and whose it is, in the session that asks. */
export type MintSubject = { grant: Grant; holder: SignedIn; now: Date }

export interface MintStore {
  /**
   * T1. Locks the grant and the session of the key, which must be alive and of the person whose grant it is, hands what it
   * found to `judge`, writes the intent that it returns, commits. It is a use of the session.
   * `judge` throws to refuse; then nothing is written.
   */
  intend<T extends { event: AuditEvent<'token.intent'> }>(
    grantId: string,
    key: string,
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

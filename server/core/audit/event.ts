import type { KeyRotation } from './rotation.ts'

/**
 * The closed list of what the audit log can say. An event is `noun.verb` with a detail of its own;
 * a field that is not listed here does not compile. Details never hold a secret: no token, cookie, code, key.
 * Stored as JSON for good: change a detail only by adding optional fields.
 */
export type AuditDetail = {
  'portal.started': { version: string; host: string }
  'portal.stopped': { version: string; host: string }
  'migration.applied': { name: string; sha256: string }
  'catalog.loaded': {
    sha256: string
    teams: number
    databases: number
    rules: number
    /** Of the rules as evidence has them: `rulesText` of the catalog. */
    rulesSha256?: string
  }
  /** What a database of the catalog follows in RDS is another thing now, or none: `null`, and why. */
  'catalog.followed': {
    database: string
    from: { resource: string; endpoints: string[] } | null
    to: { resource: string; endpoints: string[] } | null
    why: string
  }
  'catalog.refused': { sha256: string | null; problems: number; first: string }
  'session.started': {
    issuer: string
    subject: string
    groups: string[]
    teams: string[]
    newPerson: boolean
    userAgent: string
  }
  'session.ended': {
    how: 'signed_out' | 'replaced' | 'by_administrator'
    /** Whose, how many and why, where somebody else ended them. */
    person?: string
    sessions?: number
    reason?: string
  }
  'signin.refused': { reason: SignInRefusal; userAgent: string }
  /** So many more in that minute were no events of their own: of one network, or (null) of more networks than are told apart. */
  'refusals.counted': { reason: string; network: string | null; minute: string; count: number }
  'access.refused': { method: string; route: string; needs: string }
  /** Something that is not there, or not theirs to see: nobody is told which. */
  'view.refused': {
    what: 'request' | 'requests' | 'database' | 'grant'
    id: string | null
    why: string
  }
  'request.created': {
    request: string
    team: string
    database: string
    user: string
    seconds: number
    reason: string | null
    emergency?: boolean
    /** When the window should begin, where that was asked for. */
    startsAt?: string
    /** How many approvals it waits for, and until when. */
    approvals?: number
    lapsesAt?: string
  }
  'request.refused': { team: string; database: string; user: string; why: string }
  'request.approved': {
    request: string
    team: string
    database: string
    user: string
    by: string[]
  }
  'request.denied': {
    request: string
    team: string
    database: string
    user: string
    by: string
    comment: string
  }
  'withdrawal.refused': { request: string; why: string }
  'request.withdrawn': { request: string; team: string; database: string; user: string }
  'request.cancelled': {
    request: string
    team: string
    database: string
    user: string
    person: string
    reason: string
  }
  'request.lapsed': {
    request: string
    team: string
    database: string
    user: string
    person: string
  }
  'decision.made': {
    request: string
    team: string
    database: string
    user: string
    verdict: 'approve' | 'deny'
    comment: string | null
    terms: string
    approvals: number
    needed: number
  }
  'decision.refused': { request: string; verdict: string; why: string }
  'emergency.reviewed': {
    grant: string
    request: string
    team: string
    database: string
    user: string
    person: string
    comment: string
  }
  'review.refused': { grant: string; why: string }
  'grant.started': {
    grant: string
    request: string
    team: string
    database: string
    user: string
    startsAt: string
    endsAt: string
    emergency?: boolean
    /** Whose it is, where somebody else's decision opened it. */
    person?: string
  }
  'grant.ended': {
    grant: string
    team: string
    database: string
    user: string
    how: 'by_holder' | 'revoked'
    person?: string
    reason?: string
  }
  'grant.refused': { grant: string; why: string }
  /** An administrator ended all access of a person or to a database; also when there was none. */
  'access.ended': {
    person?: string
    database?: string
    reason: string
    grants: number
    /** Of a person: what nobody had decided, and where they were signed in. */
    requests?: number
    sessions?: number
    keys?: number
  }
  'ending.refused': { person?: string; database?: string; why: string }
  'key.created': {
    key: string
    name: string
    prefix: string
    expiresAt: string
    /** Shown on the page, or fetched by a terminal that its person allowed it to. */
    how: 'page' | 'terminal'
  }
  'key.ended': {
    key: string
    name: string
    prefix: string
    how: 'by_holder' | 'by_administrator'
    /** Whose, where somebody else ended it. */
    person?: string
  }
  /** A key was not made, not ended, or got no token. Of keys that never were, nothing is written. */
  'key.refused': {
    what: 'make' | 'end' | 'token'
    why: string
    key?: string
    prefix?: string
    name?: string
    database?: string
    user?: string
  }
  'token.refused': { grant: string; why: string }
  'token.intent': {
    grant: string
    team: string
    database: string
    user: string
    endpoint: string
    role: string
    sessionName: string
    /** Asked for by a personal key: which one. */
    via?: 'key'
    key?: string
    keyPrefix?: string
  }
  'token.issued': {
    grant: string
    team: string
    database: string
    user: string
    endpoint: string
    host: string
    port: number
    region: string
    role: string
    sessionName: string
    accessKeyId: string
    stsRequestId: string
    expiresAt: string
    tokenSha256: string
    tokenLength: number
    via?: 'key'
    key?: string
    keyPrefix?: string
  }
  'token.failed': {
    grant: string
    team: string
    database: string
    code: string
    via?: 'key'
    key?: string
    keyPrefix?: string
  }
  'token.unknown': {
    person: string
    grant: string
    team: string
    database: string
    intentAt: string
  }
  'notification.failed': {
    topic: string
    request: string
    channel: string
    code: string
    attempts: number
  }
  /** An administrator looked through the requests of everybody. */
  'requests.read': { filter: string; count: number }
  /** An administrator took the access map as a file: so many rows, and which of them. */
  'map.exported': { format: 'csv' | 'json'; rows: number; filter: string }
  /** The files of a grant's clients, without any token. */
  'kit.downloaded': {
    grant: string
    team: string
    database: string
    user: string
    endpoint: string
  }
  'ca.downloaded': {
    /** Or `global`. */
    region: string
    /** Of the file. */
    sha256: string
    /** PEM where it is not said. */
    format?: string
  }
  /** A CA bundle was given or fetched that would change what is trusted: by so many roots. `origin`: upload, or a partition. */
  'ca.offered': {
    offer: string
    origin: string
    sha256: string
    added: number
    gone: number
    same: number
  }
  'ca.accepted': {
    offer: string
    origin: string
    sha256: string
    added: number
    gone: number
    same: number
  }
  /** A file that was not taken, or an offer that an administrator refused. */
  'ca.refused': { origin: string; why: string; offer?: string; sha256?: string }
  /** The portal looked at the certificates of endpoints: how many verify, have another name, do not verify, did not answer. */
  'tls.probed': {
    endpoints: number
    verified: number
    nameAbsent: number
    unverified: number
    failed: number
  }
  /** Before the token of a check is signed: as which database user the portal itself will try to log in. */
  'check.intent': {
    database: string
    team: string
    user: string
    endpoint: string
    role: string
    sessionName: string
  }
  /** What a check came to; `step` is the first that failed. The token, where there was one, never left the portal. */
  'check.done': {
    database: string
    team: string | null
    user: string | null
    endpoint: string
    outcome: 'ok' | 'warning' | 'failed' | 'cannot'
    step: string | null
    role?: string
    accessKeyId?: string
    stsRequestId?: string
    tokenSha256?: string
  }
  /** An export of the log, as JSON Lines, CSV or an evidence pack: `size` events are sealed, `filter` says which of them. */
  'export.started': { format: 'jsonl' | 'csv' | 'evidence'; filter: string; size: number }
  'export.ended': { count: number; how: 'complete' | 'cancelled' | 'failed' }
  'audit.read': {
    filter: string
    count: number
    /** Which way: the list unless it is said. */
    what?: 'histogram' | 'story' | 'people'
    /** A page after the first: the event that the one before ended with. */
    after?: string
  }
  /** The signing key of the checkpoints changed: verifier keys (c2sp.org/signed-note), and a note signed by both. */
  'key.rotated': KeyRotation
  /** The log was checked: sequence numbers `from` to `to - 1`. `findings` are the first of what is wrong. */
  'log.verified': {
    from: number
    to: number
    holds: boolean
    findings: { code: string; text: string; seq: number | null; eventId: string | null }[]
    milliseconds: number
    /** The places outside of the database that it was compared with, and those that could not be asked. */
    compared?: { place: string; checkpoints: number }[]
    unread?: { place: string; code: string }[]
  }
  /** Checkpoints do not arrive at a place any more; `size` is the last that did. Once, when it begins. */
  'anchor.failed': { place: string; code: string; size: number }
  /** They do again: between `from` and `to` nothing was anchored there. */
  'anchor.recovered': { place: string; from: number; to: number; attempts: number; seconds: number }
  /** Events do not arrive at a stream any more; `size` of them did. Once, when it begins. */
  'stream.failed': { stream: string; code: string; size: number }
  'stream.recovered': { stream: string; size: number; attempts: number; seconds: number }
  /**
   * A month of the log was dropped: `count` events before `before`, with sequence numbers from `from` to `to - 1`.
   * Their seals stay. `size` and `root` are those of the newest checkpoint, which covers all of them.
   */
  'audit.pruned': {
    partition: string
    before: string
    from: number
    to: number
    count: number
    size: number
    root: string
    /** What dropped events said of months that were dropped before: they are gone too, and the keys changed in them. */
    earlier?: { from: number; to: number }
    rotations?: (KeyRotation & { seq: number })[]
  }
}

export type AuditAction = keyof AuditDetail

/** Who did it: a person's id, or the portal itself, or nobody known yet. */
export type AuditActor = { person: string } | 'portal' | 'anonymous'

export type AuditEvent<A extends AuditAction = AuditAction> = {
  [K in A]: {
    action: K
    actor: AuditActor
    /** What it is about, for finding it: a database's name, a grant's id. */
    subject: string | null
    /** Joins all events of one HTTP request; made up for what the portal does by itself. */
    requestId: string
    /** Joins the intent of a token, or of a check, with its outcome. */
    intentId?: string
    /** Where it came from. */
    address?: string
    detail: AuditDetail[K]
  }
}[A]

/** Why a sign-in was refused. The person sees a sentence, the log sees the code. */
export const SIGN_IN_REFUSALS = [
  'denied_by_provider',
  'provider_unavailable',
  'provider_error',
  'metadata_invalid',
  'transaction_unknown',
  'transaction_expired',
  'parameters_invalid',
  'not_a_navigation',
  'issuer_mismatch',
  'code_rejected',
  'id_token_missing',
  'id_token_malformed',
  'id_token_algorithm',
  'id_token_key',
  'id_token_signature',
  'id_token_type',
  'id_token_issuer',
  'id_token_audience',
  'id_token_authorized_party',
  'id_token_expired',
  'id_token_not_yet',
  'id_token_issued_at',
  'id_token_nonce',
  'id_token_subject',
  'access_token_hash',
  'id_token_auth_time',
  'userinfo_subject',
  'userinfo_invalid',
  'groups_unresolved',
  'groups_invalid',
] as const
export type SignInRefusal = (typeof SIGN_IN_REFUSALS)[number]

/** A stored event, as it is read back. `id` orders the list; the sealed order comes with the checkpoints. */
export type StoredEvent = {
  id: string
  at: Date
  /** Its place in the sealed log; null until then. */
  seq: number | null
  action: string
  actor: string
  subject: string | null
  requestId: string
  intentId: string | null
  address: string | null
  detail: Record<string, unknown>
}

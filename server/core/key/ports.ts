import type { Grant } from '../access/grant.ts'
import type { SignedIn } from '../actor.ts'
import type { AuditEvent } from '../audit/event.ts'
import type { PersonalKey } from './key.ts'

/** What the use cases of keys need from the store. Everything inside one `transaction` commits together or not at all. */
export interface KeyStore {
  transaction<T>(work: (tx: KeyTx) => Promise<T>): Promise<T>
  /** Those that work, and those that stopped within the last 30 days; newest first, at most 200. With the database's clock. */
  keysOf(personId: string): Promise<{ now: Date; keys: PersonalKey[] }>
  /** When the provider saw the person of this session; null where it did not say, or the session is over. */
  provedAt(sessionId: string): Promise<Date | null>
  /**
   * Records, once a minute at most, that a key which works no more was used; does nothing for what never was a key.
   * The same statements in every case.
   */
  recordDead(key: string, event: (dead: DeadKey) => AuditEvent<'key.refused'>): Promise<void>
}

export type DeadKey = Pick<PersonalKey, 'id' | 'personId' | 'prefix'> & { why: 'ended' | 'expired' }

export interface KeyTx {
  /**
   * Keeps a session from being ended until the commit; null when it has been.
   * Locks its person besides, so that two who make keys at once count each other's. `now` is the database's clock.
   */
  holdSession(sessionId: string): Promise<{ provedAt: Date | null; now: Date } | null>
  /** Those that work. */
  alive(personId: string): Promise<PersonalKey[]>
  /** `seconds` from now, by the database's clock. Only the hash of `text` is stored. */
  insert(key: {
    personId: string
    name: string
    text: string
    prefix: string
    seconds: number
  }): Promise<PersonalKey>
  lockKey(id: string): Promise<{ key: PersonalKey; now: Date } | null>
  endKey(id: string, endedBy: string): Promise<PersonalKey>
  /** Only the hash of the code is stored. */
  insertCode(code: Allowed & { code: string }): Promise<void>
  /** Takes it out for good. Two minutes by the database's clock, then it is as if it had never been. */
  takeCode(code: string): Promise<Allowed | null>
  record(event: AuditEvent): Promise<void>
}

/** What a person allowed to a terminal. `challenge` is the S256 of what only that terminal knows (RFC 7636). */
export type Allowed = {
  personId: string
  sessionId: string
  challenge: string
  name: string
  seconds: number
}

/** Whose key it is; `groups` are those of their newest sign-in, which was at `signedInAt`. */
export type KeyHolder = Omit<SignedIn, 'sessionId'> & {
  keyId: string
  prefix: string
  signedInAt: Date | null
}

/** What was found, and locked, at the start of a mint by key: whose it is, and what is open of theirs for what was wished. */
export type KeyMintSubject = { holder: KeyHolder; grants: Grant[]; now: Date }

export interface KeyMintStore {
  /**
   * T1 of a mint by key. Locks the open grants for `wish` and the key, which must work, hands what it found to `judge`, writes
   * the intent that it returns, commits. It is a use of the key. `judge` throws to refuse; then nothing is written.
   * Throws conflict `grant_ended` when the grant or the key ended meanwhile.
   */
  intend<T extends { event: AuditEvent<'token.intent'>; plan: { grant: Grant } }>(
    key: string,
    wish: { database: string; user: string },
    judge: (found: KeyMintSubject | null) => T,
  ): Promise<T & { now: Date }>
}

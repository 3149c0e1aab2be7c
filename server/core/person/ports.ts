import type { SignedIn } from '../actor.ts'
import type { AuditEvent } from '../audit/event.ts'
import type { Claim, Identity } from './identity.ts'

/** The secrets of a sign-in on its way. Made by the provider's side, kept by the store. */
export type SignInSecrets = { state: string; nonce: string; verifier: string }
export type SignInTransaction = SignInSecrets & {
  returnTo: string
  /** The provider was asked to see the person itself, whatever session they have there. */
  again?: boolean
}

/** The company's OpenID provider. Every call is bounded in time; none is made at start. */
export interface Provider {
  /** The address to send the browser to. Throws SignInRefused when the provider is down or its metadata is wrong. */
  begin(wish?: { again: boolean }): Promise<{ url: string; secrets: SignInSecrets }>
  /**
   * Exchanges the code and proves the ID token; with `againSince`, also that the person was seen after that.
   * Throws SignInRefused.
   */
  complete(
    answer: { code: string; iss: string | undefined; againSince?: Date | undefined },
    secrets: SignInSecrets,
  ): Promise<Identity>
  /** The provider's RP-initiated logout, if it has one. Never throws. */
  logoutUrl(): Promise<string | null>
}

export interface SignInStore {
  /** `browserKey` is the value of the browser's sign-in cookie; only its hash is stored, as is that of the state. */
  open(browserKey: string, transaction: SignInTransaction): Promise<void>
  /** Takes it out for good (`DELETE … RETURNING`), whatever happens next. Ten minutes by the database's clock. */
  take(
    browserKey: string,
    state: string,
  ): Promise<(SignInTransaction & { startedAt: Date }) | 'unknown' | 'expired'>
}

export type Session = { actor: SignedIn; now: Date; endsAt: Date; idleEndsAt: Date }

export type SessionDetail = Session & {
  signedInAt: Date
  groupsFrom: Identity['groupsFrom']
  claims: Claim[]
}

export interface SessionStore {
  /**
   * Knows the person by (issuer, subject), starts a session, ends `replaces` if it names one, records it: one transaction.
   * Returns the key, 256 random bits as base64url; only its hash is stored.
   */
  start(
    identity: Identity,
    replaces: string | undefined,
    event: (personId: string, newPerson: boolean) => AuditEvent<'session.started'>,
  ): Promise<{ key: string; endsAt: Date }>
  /**
   * The session of a key while it lasts: idle 30 min, absolute 10 h, by the database's clock.
   * Finding it is using it, unless `background` says that no person asked.
   */
  find(key: string, options?: { background?: boolean }): Promise<Session | null>
  detail(sessionId: string): Promise<SessionDetail | null>
  end(sessionId: string, event: AuditEvent<'session.ended'>): Promise<void>
}

/** Writes one event in a transaction of its own: for what changes no state. Throws when it cannot be written. */
export type Record = (event: AuditEvent) => Promise<void>

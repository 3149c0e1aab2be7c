import type { AuditEvent } from '../audit/event.ts'
import { browserName } from '../audit/secret-in.ts'
import { SignInRefused } from './identity.ts'
import type { Provider, Record, SessionStore, SignInStore } from './ports.ts'
import { safeReturnTo } from './return-to.ts'
import { readAnswer } from './sign-in-answer.ts'

export type SignInDeps = {
  provider: Provider
  signIns: SignInStore
  sessions: SessionStore
  record: Record
  /** Keeps a refusal, in a way that strangers cannot fill the log by. */
  recordRefusal(event: AuditEvent<'signin.refused'>): Promise<void>
  /** The teams that these groups give, for the record of the sign-in. */
  teamsOf(groups: readonly string[]): string[]
}

/** The request that asks, for the audit log. */
export type Visit = {
  requestId: string
  address: string
  userAgent: string
  /** Whether the person's browser goes there, rather than a picture or a frame of some page. */
  isNavigation: boolean
}

/**
 * Opens a sign-in for this browser and returns the address of the provider's page.
 * Others that the browser has open stay valid. With `again` the provider has to see the person itself. Throws SignInRefused, already recorded; `unavailable` when the store is down.
 */
export const beginSignIn = (
  deps: SignInDeps,
  wish: { browserKey: string; returnTo: unknown; again: boolean },
  visit: Visit,
): Promise<string> =>
  recordingRefusal(deps, visit, async () => {
    requireNavigation(visit)
    const { url, secrets } = await deps.provider.begin({ again: wish.again })
    await deps.signIns.open(wish.browserKey, {
      ...secrets,
      returnTo: safeReturnTo(wish.returnTo),
      again: wish.again,
    })
    return url
  })

/**
 * Takes the sign-in that this answer belongs to, proves who came, starts a session in place of `replaces`.
 * Throws SignInRefused, already recorded; `unavailable` when the store is down.
 */
export const finishSignIn = (
  deps: SignInDeps,
  answer: {
    browserKey: string | undefined
    query: Readonly<{ [name: string]: unknown }>
    replaces: string | undefined
  },
  visit: Visit,
): Promise<{ key: string; returnTo: string }> =>
  recordingRefusal(deps, visit, async () => {
    requireNavigation(visit)
    const given = readAnswer(answer.query)
    // Taken for good before the provider is asked: a second answer to the same sign-in finds nothing.
    const transaction = await take(deps.signIns, answer.browserKey, given.state)
    if (given.kind === 'error') throw refusedByProvider(given.error)
    const againSince = transaction.again ? transaction.startedAt : undefined
    const identity = await deps.provider.complete({ ...given, againSince }, transaction)
    const { key } = await deps.sessions.start(identity, answer.replaces, (person, newPerson) => ({
      action: 'session.started',
      actor: { person },
      subject: null,
      requestId: visit.requestId,
      address: visit.address,
      detail: {
        issuer: identity.issuer,
        subject: identity.subject,
        groups: identity.groups,
        teams: deps.teamsOf(identity.groups),
        newPerson,
        userAgent: browserName(visit.userAgent),
      },
    }))
    return { key, returnTo: transaction.returnTo }
  })

async function recordingRefusal<T>(deps: SignInDeps, visit: Visit, work: () => Promise<T>) {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SignInRefused)
      await deps.recordRefusal({
        action: 'signin.refused',
        actor: 'anonymous',
        subject: null,
        requestId: visit.requestId,
        address: visit.address,
        detail: { reason: error.code, userAgent: browserName(visit.userAgent) },
      })
    throw error
  }
}

/** A session begins only by a click: never by a picture, a frame or a script of any page (OWASP ASVS 5.0 7.6.2). */
function requireNavigation({ isNavigation }: Visit): void {
  if (!isNavigation)
    throw new SignInRefused('not_a_navigation', 'Signing in works only as a page of its own.')
}

async function take(signIns: SignInStore, browserKey: string | undefined, state: string) {
  const found = browserKey === undefined ? 'unknown' : await signIns.take(browserKey, state)
  if (found === 'unknown')
    throw new SignInRefused(
      'transaction_unknown',
      'This browser has no such sign-in open. It may have been used already.',
    )
  if (found === 'expired')
    throw new SignInRefused('transaction_expired', 'This sign-in was begun over ten minutes ago.')
  return found
}

/** RFC 6749 §4.1.2.1. The provider's own words are never shown: anybody can write them into a link. */
function refusedByProvider(error: string): SignInRefused {
  if (error === 'access_denied')
    return new SignInRefused('denied_by_provider', 'The provider did not let you in.')
  if (error === 'server_error' || error === 'temporarily_unavailable')
    return new SignInRefused('provider_unavailable', 'The provider cannot sign people in just now.')
  return new SignInRefused('provider_error', 'The provider answered with an error.')
}

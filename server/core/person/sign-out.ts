import { DomainError } from '../error.ts'
import type { Provider, SessionStore } from './ports.ts'
import type { Visit } from './sign-in.ts'

/**
 * Ends the session of a key, if there is one, and says where to go: the provider's sign-out page, or ours.
 * Signing out twice is no error. Throws `unavailable` when the store is down: then the session may still last.
 */
export async function signOut(
  { sessions, provider }: { sessions: SessionStore; provider: Provider },
  key: string | undefined,
  visit: Pick<Visit, 'requestId' | 'address'>,
): Promise<{ next: string }> {
  const session = key === undefined ? null : await sessions.find(key)
  if (session)
    await sessions
      .end(session.actor.sessionId, {
        action: 'session.ended',
        actor: { person: session.actor.personId },
        subject: null,
        requestId: visit.requestId,
        address: visit.address,
        detail: { how: 'signed_out' },
      })
      .catch(unlessGone)
  return { next: (await provider.logoutUrl()) ?? '/signed-out' }
}

/** Another tab was quicker. */
function unlessGone(error: unknown): void {
  if (!(error instanceof DomainError && error.code === 'not_found')) throw error
}

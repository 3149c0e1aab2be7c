import { createHash, timingSafeEqual } from 'node:crypto'
import { DomainError } from '../error.ts'
import { freeName } from './key.ts'
import { insertKey, isFull, type KeyLimits, type MadeKey, noRoom } from './make-key.ts'
import type { Allowed, KeyStore, KeyTx } from './ports.ts'
import { keyCreated, keyRefused } from './record-key.ts'

type Deps = { store: KeyStore; limits: KeyLimits }
type Visit = { address: string; requestId: string }

/**
 * A terminal fetches the key that its person allowed in the browser. The code is used up by this, whatever comes of it.
 * Errors: invalid `code_unknown`, one answer for a code that never was, is used, is over two minutes old, belongs to another
 * terminal, or to a session that has ended; what became of one that was real is recorded. Conflict `too_many_keys`.
 */
export function fetchKey({ store, limits }: Deps) {
  return async (given: { code: string; verifier: string }, visit: Visit): Promise<MadeKey> => {
    // A refusal must not undo that the code is used up, so it leaves the transaction as a value.
    const outcome = await store.transaction(async (tx) => {
      const allowed = await tx.takeCode(given.code)
      if (!allowed) return codeUnknown()
      const by = { ...visit, personId: allowed.personId }
      try {
        return await make(tx, limits, allowed, given.verifier, visit)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        await tx.record(keyRefused(by, { what: 'make', why: error.why, name: allowed.name }))
        return error.told
      }
    })
    if (outcome instanceof DomainError) throw outcome
    return outcome
  }
}

/** What the log is told, and what the terminal is told. */
class Refused extends Error {
  readonly why: string
  readonly told: DomainError

  constructor(why: string, told: DomainError) {
    super(why)
    this.why = why
    this.told = told
  }
}

async function make(
  tx: KeyTx,
  { longest }: KeyLimits,
  { personId, sessionId, challenge, name, seconds }: Allowed,
  verifier: string,
  visit: Visit,
): Promise<MadeKey> {
  if (!isAnswer(verifier, challenge)) throw new Refused('verifier_mismatch', codeUnknown())
  if (longest < seconds) throw new Refused('too_long', codeUnknown())
  // All access of a person may have been ended since: that ends their sessions, and then there is nobody to make it for.
  if (!(await tx.holdSession(sessionId))) throw new Refused('session_ended', codeUnknown())
  const alive = await tx.alive(personId)
  if (isFull(alive)) throw new Refused('too_many_keys', noRoom())
  const free = freeName(
    name,
    alive.map((key) => key.name),
  )
  const made = await insertKey(tx, { personId, name: free, seconds })
  await tx.record(keyCreated({ ...visit, personId }, made.key, 'terminal'))
  return made
}

/** RFC 7636 §4.6, S256. */
function isAnswer(verifier: string, challenge: string): boolean {
  const digest = createHash('sha256').update(verifier).digest()
  const wanted = Buffer.from(challenge, 'base64url')
  return wanted.length === digest.length && timingSafeEqual(wanted, digest)
}

const codeUnknown = () =>
  new DomainError('invalid', 'This code is not known here, or it is not any more.', {
    reason: 'code_unknown',
    mend: 'Begin again: latchkey login.',
  })

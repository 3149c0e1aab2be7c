import { DomainError } from '../core/error.ts'

/** SQLSTATE classes and codes that say "not now" rather than "never": PostgreSQL, appendix A. */
const PASSING = /^(08|28|3D|53|57|58)|^(25P03|25006|40001|40P01|42501|55000|55P03|XX000)$/
/** What `pg`, the network and Prisma say when there is no server to talk to. */
const NO_ANSWER =
  /ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|timeout|Connection terminated|Client has encountered a connection error|Can't reach database|shutting down/i
const PRISMA_PASSING = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  'P2037',
])

/**
 * Runs database work; what is the database's state rather than our mistake becomes `unavailable`.
 * A refused insert into the audit log (42501) counts: an event that cannot be written stops the action.
 */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DomainError || !isPassing(error)) throw error
    throw new DomainError('unavailable', 'The portal cannot reach its database right now.', {
      mend: 'Nothing was changed. Try again in a moment.',
      retryAfter: 2,
      cause: error,
    })
  }
}

function isPassing(error: unknown): boolean {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    const state = sqlState(e)
    if (state !== undefined && (PASSING.test(state) || PRISMA_PASSING.has(state))) return true
    if (NO_ANSWER.test(e.message) || NO_ANSWER.test(state ?? '')) return true
    if (e instanceof AggregateError && e.errors.some(isPassing)) return true
  }
  return false
}

/** `pg` says it in `code`; Prisma hides the driver's in `meta`. */
function sqlState(error: Error): string | undefined {
  const { code, meta } = error as {
    code?: unknown
    meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } }
  }
  const original = meta?.driverAdapterError?.cause?.originalCode
  return typeof original === 'string' ? original : typeof code === 'string' ? code : undefined
}

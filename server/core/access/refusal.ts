import type { AuditEvent } from '../audit/event.ts'
import { secretIn } from '../audit/secret-in.ts'
import { DomainError } from '../error.ts'
import type { Record } from '../person/ports.ts'

/**
 * Runs `work`. What it refuses is recorded, once, with its reason, before whoever asked is told.
 * An outage refuses nobody, and could not be recorded anyway.
 */
export async function recordingRefusal<T>(
  record: Record,
  refused: (why: string) => AuditEvent,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const why = refusalOf(error)
    if (why !== undefined) await record(refused(why))
    throw error
  }
}

/** The stable name of a refusal; undefined for what is none. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof DomainError)) return undefined
  return error.code === 'unavailable' ? undefined : (error.reason ?? error.code)
}

/** What is typed here is kept for good and read by others. Throws invalid `looks_secret`; the text is in no answer and no log. */
export function refuseSecret(text: string | undefined): void {
  const found = text === undefined ? null : secretIn(text)
  if (found !== null)
    throw new DomainError('invalid', `This looks like a secret: ${found}.`, {
      reason: 'looks_secret',
      mend: 'Say it without. What is written here is kept for good, and others read it. If it was real, replace it where it came from.',
    })
}

import type { KeyObject } from 'node:crypto'
import { makeSigner, type NoteSigner } from './note.ts'
import type { Sealing } from './ports.ts'

/** The keys of the configuration: the one that signs, and the one before it while the key changes. */
export type SealKeys = { current: KeyObject; previous: KeyObject | undefined }

/** A key that has signed, from the checkpoint of `fromSize` on. `key` is the verifier key. */
export type SigningKey = { id: string; key: string; fromSize: number }

export type Signing =
  | { state: 'same' | 'first'; current: NoteSigner }
  | { state: 'changes'; current: NoteSigner; previous: NoteSigner }
  | Extract<Sealing, { state: 'refuses' }>

/**
 * Who may sign next, given who signed so far, the newest last.
 * A key that nobody vouches for does not sign: otherwise whoever can restart the portal with a key of theirs could write a history of their own.
 * A key that was replaced does not come back: it may have been replaced because somebody else has it.
 */
export function chooseSigning(
  origin: string,
  { current, previous }: SealKeys,
  known: readonly SigningKey[],
): Signing {
  const signer = makeSigner(origin, current)
  const newest = known.at(-1)
  if (!newest) return { state: 'first', current: signer }
  if (newest.key === signer.key) return { state: 'same', current: signer }
  if (known.some(({ key }) => key === signer.key))
    return {
      state: 'refuses',
      reason: 'key_retired',
      text: `AUDIT_SIGNING_KEY is ${signer.id}, which ${newest.id} replaced. A key that was replaced does not sign again.`,
      mend: `Set AUDIT_SIGNING_KEY to the key ${newest.id}, or to a new one with ${newest.id} as AUDIT_SIGNING_KEY_PREVIOUS.`,
    }
  const former = previous && makeSigner(origin, previous)
  if (former?.key === newest.key) return { state: 'changes', current: signer, previous: former }
  return {
    state: 'refuses',
    reason: 'key_unknown',
    text: `AUDIT_SIGNING_KEY is ${signer.id}, and the log was signed by ${newest.id} so far.`,
    mend: `Set AUDIT_SIGNING_KEY_PREVIOUS to the key ${newest.id}, so that it signs the change; or go back to that key.`,
  }
}

/** The log's name in checkpoints, from the address of the portal: `latchkey.example.com/audit/1`. */
export const originOf = (publicUrl: string): string => `${new URL(publicUrl).host}/audit/1`

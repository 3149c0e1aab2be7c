import type { Contradiction } from '../core/audit/findings.ts'
import { findCosignature, type WitnessKey } from '../core/audit/cosignature.ts'
import { NoteError } from '../core/audit/note.ts'
import { DeliveryError } from '../outgoing/delivery-error.ts'
import { type Answer, exchange } from '../outgoing/exchange.ts'
import type { Place, SignedCheckpoint } from './place.ts'

type Settings = {
  /** The submission prefix. */
  url: string
  key: WitnessKey
  /** That the log of `from` leaves is the beginning of that of `to`. */
  prove: (from: number, to: number) => Promise<readonly Buffer[]>
  now: () => Date
}

/** What a witness means by its status (c2sp.org/tlog-witness, "add-checkpoint"). */
const MEANING: Record<number, string> = {
  400: 'witness_refused_form',
  403: 'witness_does_not_trust_key',
  404: 'witness_does_not_know_log',
  422: 'witness_saw_another_history',
}

/**
 * A witness of c2sp.org/tlog-witness: it signs a checkpoint only if it continues what it saw before.
 * What is kept is its cosignature, a line to put under the checkpoint.
 */
export function witnessPlace({ url, key, prove, now }: Settings): Place {
  const address = `${url.replace(/\/$/, '')}/add-checkpoint`

  async function add(checkpoint: SignedCheckpoint, from: number, signal: AbortSignal) {
    const proof = await prove(from, checkpoint.size)
    const lines = [`old ${from}`, ...proof.map((hash) => hash.toString('base64')), '', '']
    return exchange(address, `${lines.join('\n')}${checkpoint.note}`, {}, signal)
  }

  const put: Place['put'] = async (checkpoint, before, signal) => {
    let answer = await add(checkpoint, before, signal)
    if (answer.status === 409) {
      const size = await sizeOf(answer)
      // It has seen more of this log than there is: what is here now is older, or another.
      if (size > checkpoint.size) throw new DeliveryError({ code: 'witness_saw_more' })
      answer = await add(checkpoint, size, signal)
      // Of the same size and still a conflict: it has another root.
      if (answer.status === 409 && (await sizeOf(answer)) === checkpoint.size)
        throw new DeliveryError({ code: 'witness_saw_another_history' })
    }
    const { status, retryAfter } = answer
    if (status !== 200)
      throw new DeliveryError({
        code: MEANING[status] ?? `http_${status}`,
        ...(retryAfter > 0 && { retryAfter }),
      })
    return lineOf(checkpoint.note, await answer.text(), key, now())
  }

  return {
    every: 10,
    put,
    // It gives out nothing that it keeps, but what it is shown it compares with that.
    recall: async ({ newest }, signal) => {
      if (!newest) return { notes: [] }
      try {
        await put(newest, newest.size, signal)
        return { notes: [newest.note] }
      } catch (error) {
        const contradiction =
          error instanceof DeliveryError && CONTRADICTIONS[error.failure.code]?.(newest.size)
        if (!contradiction) throw error
        return { notes: [], contradiction }
      }
    },
  }
}

const CONTRADICTIONS: Record<string, (size: number) => Contradiction> = {
  witness_saw_more: (size) => ({
    code: 'rolled_back',
    text: `the log has ${size} signed events, and the witness has seen more of it: the log was rolled back.`,
  }),
  witness_saw_another_history: (size) => ({
    code: 'two_histories',
    text: `the witness has seen another log than this one of ${size} events: what is here does not begin as what it saw.`,
  }),
}

async function sizeOf(answer: Answer): Promise<number> {
  const text = await answer.text()
  if (!/^(0|[1-9]\d{0,15})\n$/.test(text)) throw new DeliveryError({ code: 'witness_malformed' })
  return Number(text)
}

function lineOf(note: string, lines: string, key: WitnessKey, now: Date): string {
  try {
    const found = findCosignature(note, lines, key, now)
    if (!found) throw new DeliveryError({ code: 'witness_key_unknown' })
    return found.line
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    throw new DeliveryError({
      code: error.code === 'wrong_signature' ? 'witness_wrong_signature' : 'witness_malformed',
    })
  }
}

import type { AuditStatus } from '../../../server/contract/audit-proof.ts'
import { duration, plural } from '../../lib/format.ts'

export type Trouble = { tone: 'warning' | 'danger'; title: string; text: string }

/** Events are sealed within a second; later than this, something is wrong. */
const LATE = 10_000
/** An anchor that is so far behind has missed more than one checkpoint. */
const BEHIND = 15 * 60_000

/** What an auditor should know before they believe the log, the worst first. */
export function troublesOf(status: AuditStatus): Trouble[] {
  const { sealing, unsealed, unsealedIsMore, lagMilliseconds, verification } = status
  const troubles: Trouble[] = []
  const { last } = verification
  if (last && !last.holds) {
    const count = plural(last.findings.length, 'finding')
    troubles.push({
      tone: 'danger',
      title: 'The log does not hold',
      text: `The last verification has ${count}. Keep the exports and anchors that you have: they are the evidence.`,
    })
  }
  if (sealing.state !== 'works')
    troubles.push({
      tone: 'danger',
      title:
        sealing.state === 'refuses'
          ? 'The portal refuses to seal the log'
          : 'Sealing the log does not work',
      text: [
        sealing.text ?? sealing.reason ?? 'The log of the portal says why.',
        sealing.mend ?? '',
        'What happens is recorded all the same, without a seal so far.',
      ]
        .filter(Boolean)
        .join(' '),
    })
  else if (unsealed > 0 && lagMilliseconds > LATE)
    troubles.push({
      tone: 'warning',
      title: `${unsealedIsMore ? 'More than ' : ''}${plural(unsealed, 'event')} ${unsealed === 1 ? 'waits' : 'wait'} to be sealed`,
      text: `The oldest for ${duration(Math.round(lagMilliseconds / 1000))}. Most often a transaction that stays open, or a sealer that is down.`,
    })
  return [...troubles, ...anchorTroubles(status)]
}

function anchorTroubles({ anchors, checkpoint, now }: AuditStatus): Trouble[] {
  if (!checkpoint) return []
  return anchors
    .filter(({ size, at }) => size < checkpoint.size && Date.parse(now) - Date.parse(at) > BEHIND)
    .map(({ place, size, at }) => ({
      tone: 'warning' as const,
      title: `The anchor ${place} has fallen behind`,
      text: `It has #${(size - 1).toLocaleString('en')} at the most, since ${duration(Math.round((Date.parse(now) - Date.parse(at)) / 60_000) * 60)}. Tokens are given all the same.`,
    }))
}

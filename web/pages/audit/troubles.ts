import type { AuditStatus } from '../../../server/contract/audit-proof.ts'
import { duration, plural } from '../../lib/format.ts'

export type Trouble = { tone: 'warning' | 'danger'; title: string; text: string }

/** Events are sealed within a second; later than this, something is wrong. */
const LATE = 10_000
/** An outlet that is so far behind has missed more than one delivery. */
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
  if (last?.unread.length)
    troubles.push({
      tone: 'warning',
      title: 'The last verification could not ask every anchor',
      text: `${last.unread.map(({ place, code }) => `${place}: ${code}`).join(', ')}. What it would have contradicted was not found.`,
    })
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
  const all = [...troubles, ...outletTroubles(status)]
  const isGrave = ({ tone }: Trouble) => Number(tone === 'danger')
  return all.toSorted((a, b) => isGrave(b) - isGrave(a))
}

/** Codes that are no outage: what somebody else has seen of the log is not how it begins now. */
const ALARMS: Record<string, string> = {
  witness_saw_more: 'It has seen more of the log than there is: the log was rolled back.',
  witness_saw_another_history: 'It has seen another history: the log was rewritten.',
}

function outletTroubles({ outlets, now }: AuditStatus): Trouble[] {
  return outlets.flatMap(({ kind, place, size, at, behind, failing }): Trouble[] => {
    const name = `${kind} ${place}`
    const has = `${size.toLocaleString('en')} events have arrived, ${behind.toLocaleString('en')} wait.`
    const alarm = failing && ALARMS[failing.error]
    if (alarm) return [{ tone: 'danger', title: `The ${name} contradicts the log`, text: alarm }]
    if (failing)
      return [
        {
          tone: 'warning',
          title: `The ${name} cannot be reached`,
          text: `${failing.error}, ${plural(failing.attempts, 'attempt')} in ${minutesOf(now, failing.since)}. ${has} It is tried again; tokens are given all the same.`,
        },
      ]
    const isLate = behind > 0 && at !== null && Date.parse(now) - Date.parse(at) > BEHIND
    if (!isLate) return []
    return [
      {
        tone: 'warning',
        title: `The ${name} has fallen behind`,
        text: `${has} The last came ${minutesOf(now, at)} ago. Tokens are given all the same.`,
      },
    ]
  })
}

const minutesOf = (now: string, since: string) =>
  duration(Math.round((Date.parse(now) - Date.parse(since)) / 60_000) * 60)

import { duration, plural } from '../../lib/format.ts'
import type { Told } from './sentence.ts'
import type { Change } from './wish.ts'

/** A piece of a sentence; `by` is what its link narrows the log to. */
export type Part = { text: string; by?: Change; mono?: true }

/** Words with parts between them. */
export function phrase(words: TemplateStringsArray, ...values: (string | Part | Part[])[]): Part[] {
  return words.flatMap((text, at) => {
    const value = values[at]
    if (value === undefined) return [{ text }]
    return [{ text }, ...(typeof value === 'string' ? [{ text: value }] : [value].flat())]
  })
}

const where = (it: Told) => phrase`${it.database} as ${it.user}`
const because = (it: Told, field = 'why') =>
  it.text(field) ? phrase`: ${it.code(it.text(field))}` : []
const forTime = (it: Told) => (it.number('seconds') ? ` for ${duration(it.number('seconds'))}` : '')

const VIEWED: Record<string, string> = { database: 'a database', grant: 'an access' }

/** How each event is told, in the past tense, so that “you” fits too. What is not here is told by its code. */
export const TELLING: Record<string, (it: Told) => Part[]> = {
  'session.started': (it) => {
    const teams = it.list('teams')
    const through = teams.flatMap((team, at) => [
      { text: at ? ', ' : teams.length > 1 ? ', of the teams ' : ', of the team ' },
      { text: team, by: { team } },
    ])
    const first = it.detail.newPerson === true ? ' for the first time' : ''
    return phrase`${it.who} signed in${first}${teams.length ? through : ', without a team'}`
  },
  'session.ended': (it) =>
    it.text('how') === 'replaced'
      ? phrase`${it.who} signed in again, which ended the session before`
      : phrase`${it.who} signed out`,
  'signin.refused': (it) => phrase`A sign-in was refused${because(it, 'reason')}`,
  'refusals.counted': (it) => {
    const more = plural(it.number('count'), 'more sign-in')
    const network = it.text('network')
    return phrase`Within a minute ${more} refused${because(it, 'reason')}${network ? `, from ${network}` : ', from many networks'}`
  },
  'access.refused': (it) =>
    phrase`${it.who} could not open ${it.code(`${it.text('method')} ${it.text('route')}`)}, which needs ${needs(it)}`,
  'view.refused': (it) =>
    phrase`${it.who} asked for ${VIEWED[it.text('what')] ?? 'a request'} that is not there or not theirs${because(it)}`,

  'request.created': (it) => {
    if (it.detail.emergency === true)
      return phrase`${it.who} declared an emergency to open ${where(it)}${forTime(it)}`
    const approvals = it.number('approvals')
    const needed = approvals ? `, which needs ${plural(approvals, 'approval')}` : ''
    return phrase`${it.who} asked for ${where(it)}${forTime(it)}, through ${it.team}${needed}`
  },
  'request.refused': (it) => phrase`${it.who} asked for ${where(it)} and was refused${because(it)}`,
  'request.approved': (it) =>
    it.list('by').length
      ? phrase`The request for ${where(it)} was approved by ${it.people('by')}`
      : phrase`The request for ${where(it)} was approved`,
  'request.denied': (it) => phrase`The request for ${where(it)} was denied by ${it.person('by')}`,
  'request.withdrawn': (it) => phrase`${it.who} withdrew the request for ${where(it)}`,
  'request.cancelled': (it) =>
    phrase`${it.who} cancelled the request of ${it.person('person')} for ${where(it)}`,
  'request.lapsed': (it) =>
    phrase`The request of ${it.person('person')} for ${where(it)} lapsed: nobody decided in time`,
  'withdrawal.refused': (it) => phrase`${it.who} could not withdraw a request${because(it)}`,
  'decision.made': (it) => {
    const verb = it.text('verdict') === 'deny' ? 'denied' : 'approved'
    const needed = it.number('needed')
    const count =
      verb === 'approved' && needed > 1 ? `, approval ${it.number('approvals')} of ${needed}` : ''
    return phrase`${it.who} ${verb} the request for ${where(it)}${count}`
  },
  'decision.refused': (it) =>
    phrase`${it.who} could not ${it.text('verdict') === 'deny' ? 'deny' : 'approve'} a request${because(it)}`,
  'emergency.reviewed': (it) => phrase`${it.who} reviewed the emergency of ${it.person('person')}`,
  'review.refused': (it) => phrase`${it.who} could not review an emergency${because(it)}`,

  'grant.started': (it) => {
    const begins = Date.parse(it.text('startsAt'))
    const seconds = Math.round((Date.parse(it.text('endsAt')) - begins) / 1000)
    const long = seconds > 0 ? ` for ${duration(seconds)}` : ''
    const kind = it.detail.emergency === true ? 'emergency access' : 'access'
    return phrase`${it.person('person')} got ${kind} to ${where(it)}${long}`
  },
  'grant.ended': (it) =>
    it.text('how') === 'revoked'
      ? phrase`${it.who} revoked the access of ${it.person('person')} to ${where(it)}`
      : phrase`${it.who} ended the access to ${where(it)}`,
  'grant.refused': (it) => phrase`${it.who} could not end an access${because(it)}`,
  'access.ended': (it) => {
    const count = plural(it.number('grants'), 'grant')
    if (it.text('person'))
      return phrase`${it.who} ended all access of ${it.person('person')}: ${count}`
    return phrase`${it.who} ended all access to ${it.database}: ${count}`
  },
  'ending.refused': (it) => phrase`${it.who} could not end all access${because(it)}`,

  'token.intent': (it) => phrase`${it.who} asked for a token for ${where(it)}${endpoint(it)}`,
  'token.issued': (it) => phrase`${it.who} got a token for ${where(it)}${endpoint(it)}`,
  'token.refused': (it) => phrase`${it.who} asked for a token and was refused${because(it)}`,
  'token.failed': (it) =>
    phrase`${it.who} got no token for ${it.database}, since AWS gave none${because(it, 'code')}`,
  'token.unknown': (it) =>
    phrase`Whether ${it.person('person')} got a token for ${it.database} is not known`,

  'key.created': (it) =>
    it.text('how') === 'terminal'
      ? phrase`${it.who} let a terminal have the key ${it.code(it.text('name'))}`
      : phrase`${it.who} made the key ${it.code(it.text('name'))}`,
  'key.ended': (it) =>
    it.text('person')
      ? phrase`${it.who} ended the key ${it.code(it.text('name'))} of ${it.person('person')}`
      : phrase`${it.who} ended the key ${it.code(it.text('name'))}`,
  'key.refused': (it) => {
    if (it.text('what') === 'make') return phrase`${it.who} could not make a key${because(it)}`
    if (it.text('what') === 'end') return phrase`${it.who} could not end a key${because(it)}`
    return phrase`A key of ${it.who} asked for a token for ${where(it)} and was refused${because(it)}`
  },

  'map.exported': (it) =>
    phrase`${it.who} exported the access map: ${plural(it.number('rows'), 'row')}`,
  'kit.downloaded': (it) =>
    phrase`${it.who} downloaded the client kit for ${where(it)}${endpoint(it)}`,
  'ca.downloaded': (it) => phrase`${it.who} downloaded the CA bundle ${it.code(it.text('region'))}`,
  'ca.offered': (it) =>
    phrase`${it.who} offered a CA bundle: ${plural(it.number('added'), 'new root')}, ${String(it.number('gone'))} gone`,
  'ca.accepted': (it) =>
    phrase`${it.who} accepted a CA bundle: ${plural(it.number('added'), 'new root')}, ${String(it.number('gone'))} gone`,
  'ca.refused': (it) => phrase`${it.who} refused a CA bundle, or it was not taken${because(it)}`,
  'tls.probed': (it) =>
    phrase`${it.who} looked at the certificates of ${plural(it.number('endpoints'), 'endpoint')}: ${String(it.number('verified'))} are proven by the CA bundle`,
  'check.intent': (it) =>
    phrase`${it.who} began to check ${where(it)}, with a token that stays in the portal`,
  'check.done': (it) =>
    phrase`${it.who} checked ${it.text('user') ? where(it) : it.database}: ${it.text('step') ? `the step ${it.text('step')} failed` : it.text('outcome')}`,
  'audit.read': (it) => {
    const count = it.number('count')
    if (it.text('what') === 'story') return phrase`${it.who} read the story of an event`
    if (it.text('what') === 'people') return phrase`${it.who} looked for people in the audit log`
    if (it.text('what') === 'histogram')
      return phrase`${it.who} counted ${plural(count, 'event')} of the audit log`
    return phrase`${it.who} read ${plural(count, 'event')} of the audit log`
  },
  'requests.read': (it) =>
    phrase`${it.who} looked through the requests of everybody, ${plural(it.number('count'), 'request')}`,

  'log.verified': (it) => {
    const count = plural(it.number('to') - it.number('from'), 'event')
    if (it.detail.holds === true) return phrase`${it.who} verified the log: ${count}, and it holds`
    return phrase`${it.who} verified the log: ${count}, and it does not hold`
  },
  'key.rotated': () => phrase`The log is signed with a new key`,

  'export.started': (it) => {
    if (it.text('format') === 'evidence') return phrase`${it.who} began an evidence pack`
    return phrase`${it.who} began an export of the audit log as ${FORMATS[it.text('format')] ?? 'a file'}`
  },
  'export.ended': (it) => {
    const count = plural(it.number('count'), 'event')
    if (it.text('how') === 'complete') return phrase`${it.who} exported ${count} of the audit log`
    return phrase`The export of ${it.who} ended early, after ${count}`
  },
  'audit.pruned': (it) =>
    phrase`The retention removed ${plural(it.number('count'), 'event')}; their seals stay`,
  'anchor.failed': (it) =>
    phrase`Checkpoints do not arrive at the anchor ${it.code(it.text('place'))}${because(it, 'code')}`,
  'anchor.recovered': (it) =>
    phrase`Checkpoints arrive at the anchor ${it.code(it.text('place'))} again`,
  'stream.failed': (it) =>
    phrase`Events do not arrive at the stream ${it.code(it.text('stream'))}${because(it, 'code')}`,
  'stream.recovered': (it) =>
    phrase`Events arrive at the stream ${it.code(it.text('stream'))} again`,

  'catalog.loaded': (it) =>
    phrase`The catalog came into force: ${plural(it.number('teams'), 'team')}, ${plural(it.number('databases'), 'database')}, ${plural(it.number('rules'), 'access rule')}`,
  'catalog.followed': (it) =>
    it.detail.to
      ? phrase`The database ${it.database} follows what RDS has under its name now`
      : phrase`The database ${it.database} is closed: what it follows in RDS is not clear any more`,
  'catalog.refused': (it) =>
    phrase`A newer catalog was refused with ${plural(it.number('problems'), 'problem')}: ${it.text('first')}`,
  'notification.failed': (it) =>
    phrase`A message about a request could not be delivered by ${it.code(it.text('channel'))}${because(it, 'code')}`,
  'portal.started': (it) => phrase`The portal started on ${it.code(it.text('host'))}`,
  'portal.stopped': (it) => phrase`The portal stopped on ${it.code(it.text('host'))}`,
  'migration.applied': (it) => phrase`The portal changed its database: ${it.code(it.text('name'))}`,
}

const endpoint = (it: Told) => (it.text('endpoint') ? `, ${it.text('endpoint')} endpoint` : '')

const FORMATS: Record<string, string> = { jsonl: 'JSON Lines', csv: 'CSV' }
const NEEDS: Record<string, string> = {
  auditor: 'the right to read the audit log',
  administrator: 'an administrator',
  'signed-in': 'somebody signed in',
}
const needs = (it: Told) => NEEDS[it.text('needs')] ?? it.text('needs', 'another right')

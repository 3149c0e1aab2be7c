import type { Issued } from '../../../server/contract/diagnosis.ts'
import type { TokenFacts } from './token-text.ts'

/** One thing about a pasted token: `wrong` is why it opens nothing. */
export type Remark = { tone: 'good' | 'wrong' | 'note'; text: string }

/** The log is written a moment after the token was signed, by another clock. */
const SLACK = 60_000

const WRITINGS = {
  percent: 'It is percent-encoded, as inside an address. As a password of its own it must not be.',
  pgpass: 'Its colon is escaped, as in .pgpass. Anywhere else it must not be.',
  html: 'Its ampersands are escaped for HTML. Copy it with the button on this card.',
}

/**
 * What is to be said of a pasted token: by itself, and beside the newest one that the log has.
 * `sha256` is its own, or null where the browser has no way to tell.
 */
export function compareToken(
  facts: TokenFacts,
  issued: Issued | null | undefined,
  sha256: string | null,
  now: number,
): Remark[] {
  const remarks: Remark[] = []
  const say = (tone: Remark['tone'], text: string) => void remarks.push({ tone, text })
  if (facts.writing !== 'raw') say('note', WRITINGS[facts.writing])
  if (!facts.whole) say('wrong', 'It is cut off: its end is missing.')
  if (facts.service !== null && facts.service !== 'rds-db')
    say('wrong', `It is signed for ${facts.service}, not for rds-db.`)
  if (facts.endsAt !== null && facts.endsAt <= now) say('wrong', 'Its 15 minutes are over.')
  if (!issued) return remarks

  const place = `${facts.host}:${facts.port}`
  const issuedPlace = `${issued.host}:${issued.port}`
  if (place !== issuedPlace)
    say('wrong', `It is for ${place}, and the newest token of this access for ${issuedPlace}.`)
  if (facts.user !== null && facts.user !== issued.user)
    say('wrong', `It opens ${facts.user}, and this access is for ${issued.user}.`)
  if (facts.region !== null && facts.region !== issued.region)
    say('wrong', `It is signed for ${facts.region}, and the database is in ${issued.region}.`)
  const isOlder = facts.signedAt !== null && facts.signedAt < Date.parse(issued.at) - SLACK
  if (isOlder) say('note', 'It is not the newest: the portal has given another one since.')
  if (sha256 === issued.sha256) say('good', 'It is the newest token, whole and unchanged.')
  else if (sha256 !== null && facts.whole && !isOlder && !remarks.some(isWrong))
    say(
      'wrong',
      'It is not what the portal gave: a character was changed, or another tool made it.',
    )
  return remarks
}

const isWrong = ({ tone }: Remark) => tone === 'wrong'

/** Lower-case hex; null where the browser has no cryptography, as on a plain http address. */
export async function sha256Of(text: string): Promise<string | null> {
  const { subtle } = globalThis.crypto
  // Not there outside of a secure context, whatever its type says
  if (!(subtle as SubtleCrypto | undefined)) return null
  const hash = await subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

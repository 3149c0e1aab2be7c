import type { Finding } from '../health/finding.ts'
import { type Cause, type CauseId, CAUSES } from './cause.ts'
import { type Classified, classify, userIn } from './classify.ts'
import { checkedCause, clockTime, letInAt } from './health-evidence.ts'
import { lengthFault } from './length-fault.ts'
import type { LastToken } from './ports.ts'
import type { Certainty } from './symptom.ts'

/** What is known beside the words of the client. */
export type Known = {
  /** The database's clock. */
  now: Date
  /** The database user of the grant. */
  user: string
  token: LastToken | null
  finding: Finding | null
  /** How many characters of the token the client got, as the person counted them. */
  receivedLength: number | undefined
}

export type LikelyCause = Cause & {
  id: CauseId
  certainty: Certainty
  /** What the portal knows that speaks for it; null where only the words do. */
  because: string | null
}

export type Diagnosis = {
  /** What the client means, in plain words; null where nobody here has heard it. */
  means: string | null
  /** What one must know to read the text, or what rules something out. */
  notes: string[]
  /** The likeliest first. */
  causes: LikelyCause[]
}

type Evidence = { cause: CauseId; certainty: Certainty; because: string }

const QUARTER = 15 * 60_000

/** The words of a client, joined with what the portal knows: evidence before habit. Pure; the text goes nowhere. */
export function diagnose(text: string, known: Known): Diagnosis {
  const said = classify(text)
  const evidence = evidenceFor(text, said, known)
  const usual = said?.symptom.causes ?? []
  const ruledOut = ruledOutBy(known)
  const proven = new Map(evidence.toReversed().map((each) => [each.cause, each]))
  const order = [...evidence.map(({ cause }) => cause), ...usual]
  const causes = [...new Set(order)]
    .filter((id) => proven.has(id) || !ruledOut.has(id))
    .map((id, at): LikelyCause => {
      const found = proven.get(id)
      const byWords = at === 0 && said ? said.symptom.first : 'possible'
      return {
        id,
        ...CAUSES[id],
        certainty: found?.certainty ?? byWords,
        because: found?.because ?? null,
      }
    })
  return { means: said?.symptom.means ?? null, notes: notesFor(said, known, evidence), causes }
}

/** In the order in which it decides: what is wrong with this one login, then with the database, then with the token. */
function evidenceFor(text: string, said: Classified | null, known: Known): Evidence[] {
  const { now, token, finding, receivedLength } = known
  const umbrella = said?.symptom.umbrella
  const asksToken = umbrella === 'token' || said === null
  const found: (Evidence | false | null)[] = [
    umbrella !== undefined && otherUser(text, known),
    said?.symptom.id === 'pam' && otherUser(text, known) && LOCKED_OUT,
    asksToken && token !== null && receivedLength !== undefined && changed(receivedLength, token),
    checked(finding, said, now),
    asksToken && token === null && NO_TOKEN,
    asksToken && token !== null && over(token, now),
  ]
  return found.filter((each): each is Evidence => each !== null && each !== false)
}

const NO_TOKEN: Evidence = {
  cause: 'no-token',
  certainty: 'likely',
  because: 'The portal has given no token for this access.',
}

/** RDS answers so, too, where a user with a password has become a member of `rds_iam`. */
const LOCKED_OUT: Evidence = {
  cause: 'admin-locked-out',
  certainty: 'possible',
  because:
    'A password that used to work is refused with these words once only a token opens its user.',
}

function otherUser(text: string, { user }: Known): Evidence | null {
  const named = userIn(text)
  if (named === null || named === user) return null
  return {
    cause: 'other-user',
    certainty: 'certain',
    because: `Your client logged in as ${named}; this access is for ${user}.`,
  }
}

function changed(received: number, token: LastToken): Evidence | null {
  const because = lengthFault(received, token)
  return because === null ? null : { cause: 'truncated', certainty: 'certain', because }
}

function checked(finding: Finding | null, said: Classified | null, now: Date): Evidence | null {
  const found = checkedCause(finding, said?.symptom.stage ?? null, now)
  return found && { ...found, certainty: 'likely' }
}

function over({ issuedAt, expiresAt }: LastToken, now: Date): Evidence | null {
  if (now < expiresAt) return null
  const ended = `The newest token of this access was given at ${clockTime(issuedAt)} UTC and ended at ${clockTime(expiresAt)}.`
  // The log is written after AWS answered, so a whole token is a little less than a quarter of an hour here.
  const early = QUARTER - (expiresAt.getTime() - issuedAt.getTime()) > 60_000
  return { cause: early ? 'session-ended' : 'expired', certainty: 'likely', because: ended }
}

/** What cannot be the reason of a refusal, by what is known. */
function ruledOutBy({ token, receivedLength }: Known): ReadonlySet<CauseId> {
  const whole = token !== null && receivedLength === token.length
  return new Set(whole ? (['truncated'] as const) : [])
}

function notesFor(
  said: Classified | null,
  { now, finding, token, user }: Known,
  evidence: readonly Evidence[],
): string[] {
  const notes: string[] = []
  if (said?.fellBack)
    notes.push(
      'Two messages, and the first one counts: with sslmode=prefer your client tried again without TLS, and the line about encryption is only the answer to that.',
    )
  // What is certain needs no more hints.
  if (evidence.some(({ certainty }) => certainty === 'certain')) return notes
  const inAt = said?.symptom.stage === 'login' ? letInAt(finding, now) : null
  if (inAt)
    notes.push(
      `At ${clockTime(inAt)} UTC the portal itself logged in as ${user} with a token of its own, so the database and its policy are as they should be.`,
    )
  if (said?.symptom.umbrella === 'token' && token && now < token.expiresAt)
    notes.push(
      `The newest token, given at ${clockTime(token.issuedAt)} UTC, is good until ${clockTime(token.expiresAt)}. A client that remembers passwords may have sent an older one.`,
    )
  return notes
}

import { STAGES, type Symptom } from './symptom.ts'
import { LOGIN_SYMPTOMS } from './symptoms-login.ts'
import { WAY_SYMPTOMS } from './symptoms-way.ts'

/** In the order of a connection; of two from the same stage the one that stands first counts. */
export const SYMPTOMS: readonly Symptom[] = [...WAY_SYMPTOMS, ...LOGIN_SYMPTOMS]

export type Classified = {
  symptom: Symptom
  /** Whether the text also has the second line that `sslmode=prefer` brings. */
  fellBack: boolean
}

const reached = ({ stage }: Symptom) => STAGES.indexOf(stage)

/**
 * What a client said, by the message that counts; null for what nobody here has heard.
 *
 * A client that tries several addresses says something of each: the attempt that came furthest counts.
 * With `sslmode=prefer`, libpq tries again without TLS after a refusal, and the database turns that away too: beside
 * anything else that the server said, the line about encryption is the echo and not the reason.
 */
export function classify(text: string): Classified | null {
  const said = SYMPTOMS.filter(({ patterns }) => patterns.some((pattern) => pattern.test(text)))
  const fellBack =
    said.some(({ id }) => id === PLAIN) &&
    said.some((each) => each.id !== PLAIN && each.stage !== 'network')
  const candidates = fellBack ? said.filter(({ id }) => id !== PLAIN) : said
  const furthest = Math.max(...candidates.map(reached))
  const symptom = candidates.find((each) => reached(each) === furthest)
  return symptom ? { symptom, fellBack } : null
}

const PLAIN = 'plain'

const NAMES = [
  /authentication failed for user "([^"\n]{1,128})"/,
  /Access denied for user '([^'\n]{1,128})'@/,
  /role "([^"\n]{1,128})" does not exist/,
]

/** The database user that the client named; null where none is told. */
export const userIn = (text: string): string | null =>
  NAMES.map((pattern) => pattern.exec(text)?.[1]).find((name) => name !== undefined) ?? null

/** What is wrong with a log, by the exit codes of `latchkey audit verify`. */
export type FindingCode = 'altered' | 'rolled_back' | 'two_histories' | 'unsealed' | 'wrong_key'

/** `text` is a sentence that names the event and what differs. `evidence` are signed notes that contradict each other. */
export type Finding = {
  code: FindingCode
  text: string
  seq: number | null
  eventId: string | null
  evidence?: string[]
}

/** What somebody else saw of the log, and said without giving out what they saw. */
export type Contradiction = { code: 'rolled_back' | 'two_histories'; text: string }

/** The first findings of each code, how many there are, and the gravest code. */
export type Judgement = {
  outcome: 'holds' | FindingCode
  findings: Finding[]
  found: Record<FindingCode, number>
}

export const EXIT_CODES: Record<Judgement['outcome'], number> = {
  holds: 0,
  altered: 2,
  rolled_back: 3,
  two_histories: 4,
  unsealed: 5,
  wrong_key: 6,
}

/** Where several apply, the first is the outcome: what says that somebody else wrote the log, before what says how it differs. */
const GRAVEST: FindingCode[] = ['wrong_key', 'two_histories', 'rolled_back', 'altered', 'unsealed']
const MOST_OF_A_CODE = 100

/** Counts every finding and keeps the first hundred of each code: a log that is all wrong must not fill the memory. */
export function collectFindings() {
  const findings: Finding[] = []
  const found = { altered: 0, rolled_back: 0, two_histories: 0, unsealed: 0, wrong_key: 0 }
  return {
    add(
      code: FindingCode,
      text: string,
      where: { seq?: number; eventId?: string; evidence?: string[] } = {},
    ): void {
      found[code]++
      if (found[code] > MOST_OF_A_CODE) return
      const { seq = null, eventId = null, evidence } = where
      findings.push({ code, text, seq, eventId, ...(evidence && { evidence }) })
    },
    judge: (): Judgement => ({
      outcome: GRAVEST.find((code) => found[code] > 0) ?? 'holds',
      findings,
      found,
    }),
  }
}
export type Findings = ReturnType<typeof collectFindings>

/** Order: that in which a connection needs them, so the first that fails is the diagnosis. */
export const STEPS = [
  'inventory',
  'iam',
  'dns',
  'tcp',
  'tls',
  'ca',
  'role',
  'external-id',
  'source-identity',
  'session-policy',
  'clock',
  'token',
  'login',
  'membership',
] as const

export type StepId = (typeof STEPS)[number]

/** `cannot`: it cannot be run from here, and the evidence says why. `skipped`: what it needs has failed. */
export type StepState = 'ok' | 'failed' | 'warning' | 'skipped' | 'cannot'

/** One step. Evidence and mend are plain sentences without a secret; `code` is what the other side called it. */
export type Step = {
  id: StepId
  state: StepState
  evidence: string
  mend: string | null
  code: string | null
}

/** What a check of one endpoint found, for one team and database user of a rule; null where no rule is on it. */
export type Finding = {
  database: string
  team: string | null
  user: string | null
  endpoint: string
  at: Date
  steps: Step[]
}

export const firstFailing = (finding: Pick<Finding, 'steps'>): Step | undefined =>
  finding.steps.find(({ state }) => state === 'failed')

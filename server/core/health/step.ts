import { type Step, type StepId, STEPS } from './finding.ts'

export const ok = (id: StepId, evidence: string): Step => ({
  id,
  state: 'ok',
  evidence,
  mend: null,
  code: null,
})

type Unwell = (id: StepId, code: string | null, evidence: string, mend: string | null) => Step
const unwell =
  (state: 'failed' | 'warning' | 'cannot'): Unwell =>
  (id, code, evidence, mend) => ({ id, state, evidence, mend, code })

export const failed = unwell('failed')
export const warning = unwell('warning')
/** It cannot be run from here, or what it would need to know is not known here. */
export const cannot = unwell('cannot')

/** What must have gone well before a step tells anything. The external id and the source identity are asked beside. */
const NEEDS: Record<StepId, readonly StepId[]> = {
  inventory: [],
  iam: ['inventory'],
  dns: [],
  tcp: ['dns'],
  tls: ['tcp'],
  ca: ['tcp'],
  role: ['clock'],
  'external-id': ['role'],
  'source-identity': ['role'],
  'session-policy': ['role', 'clock'],
  clock: [],
  // A token is signed only where the log-in can follow: each is a record, and none is made for nothing.
  token: ['inventory', 'iam', 'tls', 'ca', 'session-policy', 'clock'],
  login: ['token'],
  membership: ['login'],
}

/** What cannot be known of an inventory leaves something to try; of the others it does not. */
export const endsTheWay = (id: StepId) => id !== 'inventory' && id !== 'iam'

/** The step that keeps this one from being run: one that failed, or one that could not be run and leaves no way on. */
export function blockerOf(id: StepId, found: ReadonlyMap<StepId, Step>): StepId | undefined {
  for (const need of NEEDS[id]) {
    const state = found.get(need)?.state
    if (state === 'failed' || (state === 'cannot' && endsTheWay(need))) return need
    const deeper = state === undefined || state === 'skipped' ? blockerOf(need, found) : undefined
    if (deeper !== undefined) return deeper
  }
  return undefined
}

export const skipped = (id: StepId, evidence: string): Step => ({
  id,
  state: 'skipped',
  evidence,
  mend: null,
  code: null,
})

/** All steps in their order: those that were run, and the others as skipped, with what they wait for. */
export const inOrder = (found: ReadonlyMap<StepId, Step>): Step[] =>
  STEPS.map((id) => found.get(id) ?? skipped(id, waitsFor(blockerOf(id, found))))

const waitsFor = (blocker: StepId | undefined) =>
  blocker === undefined
    ? 'Not run: nothing could be learnt from it.'
    : `Not run: it waits for the step ${blocker}.`

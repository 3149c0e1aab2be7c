import { LRUCache } from 'lru-cache'
import type { AssumeWish } from '../core/access/ports.ts'
import { DomainError } from '../core/error.ts'
import { Circuit, type Health } from './circuit.ts'
import { RetryBudget } from './retry-budget.ts'
import { explainFailure, type Failure } from './sts-failure.ts'
import { withTimeLimit } from './time-limit.ts'

/** Milliseconds, but for the number of tries. */
export type StsLimits = { tries: number; attempt: number; total: number; backoff: number }

/** A part of pino's logger. */
export type StsLog = { warn(facts: object, message: string): void }

/** Hears of each call that was made and of each circuit, for the metrics. Outcomes are `well` and the reasons of failures. */
export type StsSeen = {
  call(outcome: string, seconds: number): void
  circuit(roleArn: string, open: boolean): void
}

type Deps = {
  now: () => Date
  random: () => number
  sleep: (milliseconds: number) => Promise<unknown>
  log: StsLog
  limits: StsLimits
  seen: StsSeen
}

/** What an attempt is about: the role, and what the log names. */
export type Attempted = Pick<AssumeWish, 'roleArn' | 'region' | 'sessionName'>

type Role = { circuit: Circuit; budget: RetryBudget }

export const STS_LIMITS: StsLimits = { tries: 3, attempt: 3_000, total: 4_000, backoff: 200 }
const LARGEST_BACKOFF_MS = 1_000
/** With less time left another try is pointless. */
const SHORTEST_ATTEMPT_MS = 50
const REMEMBERED_ROLES = 1_000

/**
 * Runs one call with everything around it: a time limit, at most three tries with full jitter
 * (AWS Architecture Blog, "Exponential Backoff And Jitter"), a retry budget and a circuit for each role.
 * @throws DomainError always, and with nothing of the SDK's error in it
 */
export function makeAttempts({ now, random, sleep, log, limits, seen }: Deps) {
  const roles = new LRUCache<string, Role>({ max: REMEMBERED_ROLES })

  const roleOf = (arn: string): Role => {
    const known = roles.get(arn)
    if (known) return known
    const role = { circuit: new Circuit(now), budget: new RetryBudget(now) }
    roles.set(arn, role)
    return role
  }

  return async <T>(wish: Attempted, call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const { circuit, budget } = roleOf(wish.roleArn)
    const end = performance.now() + limits.total
    budget.earn()

    for (let attempt = 1; ; attempt++) {
      const pass = circuit.enter()
      if (typeof pass === 'number') throw circuitOpen(pass)
      const left = Math.max(1, end - performance.now())
      const began = performance.now()
      const settle = (health: Health, outcome: string) => {
        pass.settle(health)
        seen.call(outcome, (performance.now() - began) / 1000)
        seen.circuit(wish.roleArn, circuit.open)
      }
      let failure: Failure
      try {
        const result = await withTimeLimit(Math.min(limits.attempt, left), call)
        settle('well', 'well')
        return result
      } catch (thrown) {
        failure = explainFailure(thrown)
        settle(failure.health, failure.error.reason ?? failure.error.code)
      }

      const wait = random() * Math.min(LARGEST_BACKOFF_MS, limits.backoff * 2 ** (attempt - 1))
      const inTime = end - performance.now() - wait >= SHORTEST_ATTEMPT_MS
      const again =
        failure.retry && attempt < limits.tries && inTime && !circuit.open && budget.spend()
      if (!again) {
        const { roleArn, region, sessionName } = wish
        const { code, reason } = failure.error
        const facts = { roleArn, region, sessionName, attempt, code, reason, ...failure.facts }
        log.warn({ ...facts, circuitOpen: circuit.open }, 'AssumeRole failed')
        throw failure.error
      }
      await sleep(wait)
    }
  }
}

const circuitOpen = (wait: number) =>
  new DomainError(
    'unavailable',
    'AWS has not answered well for this role; the portal is giving it a rest.',
    {
      reason: 'sts_circuit_open',
      mend: 'Try again in a moment.',
      retryAfter: Math.max(1, Math.ceil(wait / 1000)),
    },
  )

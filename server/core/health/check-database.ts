import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { roleFor } from '../catalog/rule-lookup.ts'
import { notFound } from '../error.ts'
import { type By, type Checked, type Deps as TargetDeps, makeCheckTarget } from './check-target.ts'
import { type Finding, firstFailing } from './finding.ts'
import type { HealthStore, Target } from './ports.ts'
import { dueTargets, targetKey, targetsOf } from './due.ts'
import { outcomeOf } from './glance.ts'
import { type FactDeps, makeRoundFacts, type RoundFacts } from './round-facts.ts'

type Deps = Omit<TargetDeps, 'store'> &
  FactDeps & {
    catalog: () => Catalog
    store: HealthStore
    /** In [0, 1), for the jitter. */
    random: () => number
    sleep: (milliseconds: number) => Promise<unknown>
    warn: (details: object, message: string) => void
  }

/** Databases at a time in a round by itself, and the longest pause before each check, milliseconds. */
const AT_ONCE = 4
const PAUSE = 2_000
/** A round of any size shall be over in this time, as far as pauses go. */
const ROUND = 600_000

export type HealthChecks = ReturnType<typeof makeHealthChecks>

/** Checks of every database of the catalog: by the portal itself in rounds, and of one database when somebody asks. */
export function makeHealthChecks(deps: Deps) {
  const { catalog, store, now, warn } = deps
  const check = makeCheckTarget(deps)
  const running = new Map<string, Promise<void>>()
  let stopping = false

  const checkAll = async (
    targets: readonly Target[],
    facts: RoundFacts,
    by: By,
    pause: () => Promise<unknown>,
  ) => {
    for (const target of targets) {
      if (stopping) return
      await pause()
      const { database, rule } = target
      const role = rule ? roleFor(catalog(), rule.team, database.account) : undefined
      await keep(target, await check(target, role, facts, by), by)
    }
  }

  const keep = (
    { database, endpoint, rule }: Target,
    { steps, intentId, signed }: Checked,
    by: By,
  ) => {
    const of = {
      database: database.name,
      team: rule?.team ?? null,
      user: rule?.user ?? null,
      endpoint: endpoint.name,
    }
    const step = firstFailing({ steps })?.id ?? null
    return store.keepFinding(
      { ...of, steps },
      {
        ...by,
        ...(intentId !== undefined && { intentId }),
        action: 'check.done',
        subject: database.name,
        detail: { ...of, outcome: outcomeOf(steps), step, ...signed },
      },
    )
  }

  /** One run of a database at a time: whoever comes later joins it. */
  const start = (name: string, work: () => Promise<void>) => {
    const run = running.get(name) ?? work().finally(() => running.delete(name))
    running.set(name, run)
    return run
  }

  const factsFor = (fresh: boolean, known: readonly Finding[]) => {
    const answered = new Set(
      known
        .filter(({ steps }) => steps.some(({ id, state }) => id === 'tcp' && REACHED.has(state)))
        .map(({ database, endpoint }) => `${database}\n${endpoint}`),
    )
    return makeRoundFacts(deps, {
      fresh,
      reached: (database, endpoint) => answered.has(`${database}\n${endpoint}`),
    })
  }

  return {
    troubles: () => store.troubles(),
    findingsOf: (name: string) => store.findings(name),
    running: () => [...running.keys()],

    /** Checks all of one database in the background. Throws not_found for one that the catalog does not have. */
    checkNow: (name: string, { personId, requestId, address }: Actor) => {
      if (!catalog().databases.has(name)) throw notFound()
      const by: By = { actor: { person: personId }, requestId, address }
      void start(name, async () => {
        const targets = targetsOf(catalog()).filter(({ database }) => database.name === name)
        await checkAll(targets, factsFor(true, await store.findings()), by, async () => {})
      }).catch((error: unknown) => warn({ err: error, database: name }, 'a check was not kept'))
    },

    /** Checks what is due of each database. */
    round: async () => {
      const all = targetsOf(catalog())
      await store.forgetOthers(all)
      const known = await store.findings()
      const due = dueTargets(all, new Map(known.map((each) => [targetKey(each), each])), now())
      const count = [...due.values()].flat().length
      const facts = factsFor(false, known)
      const by: By = { actor: 'portal', requestId: deps.newId() }
      const longest = Math.min(PAUSE, (ROUND * AT_ONCE) / Math.max(1, count))
      const pause = () => deps.sleep(deps.random() * longest)
      const left = [...due]
      const work = async () => {
        for (let next = left.shift(); next && !stopping; next = left.shift()) {
          const [name, targets] = next
          await start(name, () => checkAll(targets, facts, by, pause)).catch((error: unknown) =>
            warn({ err: error, database: name }, 'a check was not kept'),
          )
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work))
    },

    /** Begins no further check; resolves when those on their way are over. */
    stop: async () => {
      stopping = true
      await Promise.allSettled(running.values())
    },
    /** When nothing is checked any more. */
    idle: async () => void (await Promise.allSettled(running.values())),
  }
}

const REACHED = new Set(['ok', 'failed'])

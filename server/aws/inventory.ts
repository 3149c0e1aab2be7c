import { setTimeout as sleep } from 'node:timers/promises'
import * as rds from '@aws-sdk/client-rds'
import type { RoleSession } from '../core/access/ports.ts'
import { partitionOf } from '../core/catalog/region.ts'
import type { Found } from '../core/inventory/found.ts'
import type { ReadPlace, Reading } from '../core/inventory/ports.ts'
import { assumeInventoryRole } from './inventory-session.ts'
import { patient } from './patience.ts'
import { rdsClient } from './rds-client.ts'
import { explainRds, isMissing, isPassing } from './rds-failure.ts'
import { readCluster, readInstance, readProxy } from './rds-found.ts'
import { type List, lists, type Send } from './rds-lists.ts'
import { type Here, identifierOf, timeOf } from './rds-words.ts'
import { makeAttempts, STS_LIMITS, type StsLog, type StsSeen } from './sts-attempts.ts'
import { stsClients, type StsClients } from './sts-client.ts'
import { withTimeLimit } from './time-limit.ts'

export type InventoryDeps = {
  clients: StsClients
  rdsClient: (region: string, session: RoleSession) => rds.RDSClient
  now: () => Date
  /** In [0, 1), for the jitter. */
  random: () => number
  sleep: (milliseconds: number) => Promise<unknown>
  log: StsLog
  seen: StsSeen
  /** Milliseconds that one place may take, with its throttling; then it is cut. */
  deadline: number
}

/** Proxies whose tags are asked for, one call each. */
const MOST_TAGGED = 100

/** One account and region as RDS describes it, read with a role that may do nothing else. */
export function makeReadPlace(deps: Partial<InventoryDeps> = {}): ReadPlace {
  const { clients = stsClients(), now = () => new Date(), deadline = 45_000 } = deps
  const { random = Math.random, rdsClient: connect = rdsClient } = deps
  const pause = deps.sleep ?? sleep
  const attempts = makeAttempts({
    random,
    sleep: pause,
    log: deps.log ?? { warn: () => {} },
    limits: STS_LIMITS,
    seen: deps.seen ?? { call: () => {}, circuit: () => {} },
    now,
  })
  const assume = assumeInventoryRole({ clients, attempts, now })

  return async (role, region) => {
    const here = { account: role.account, region, partition: partitionOf(region) ?? '' }
    const session = await assume(role, region)
    const client = connect(region, session)
    try {
      return await withTimeLimit(deadline, (signal) =>
        readAll(client, patient({ random, sleep: pause, signal, isPassing }), here),
      )
    } catch (error) {
      throw explainRds(error)
    } finally {
      client.destroy()
    }
  }
}

/** One list after the other: what a region allows of calls is shared with everybody else who asks. @throws when nothing could be read */
async function readAll(client: rds.RDSClient, send: Send, here: Here): Promise<Reading> {
  const missing = new Set<string>()
  let refusal: unknown
  let read = 0
  const take = async <T>(action: string, list: () => Promise<List<T>>): Promise<T[]> => {
    try {
      const { items, cut } = await list()
      if (cut) missing.add(action)
      read += 1
      return items
    } catch (error) {
      if (!isMissing(error)) throw error
      refusal = error
      missing.add(action)
      return []
    }
  }
  const ask = lists(client, send)
  const of = <K extends keyof typeof ask>(action: K) =>
    take(action, ask[action] as () => Promise<List<Item<K>>>)

  const certificates = await of('rds:DescribeCertificates')
  const authorities = new Map(
    certificates.flatMap(({ CertificateIdentifier, ValidTill }) => {
      const name = identifierOf(CertificateIdentifier)
      return name === null ? [] : [[name, timeOf(ValidTill)] as const]
    }),
  )
  const instances = (await of('rds:DescribeDBInstances')).map((it) =>
    readInstance(it, here, authorities),
  )
  const globals = await of('rds:DescribeGlobalClusters')
  const custom = bundle(await of('rds:DescribeDBClusterEndpoints'), (it) => it.DBClusterIdentifier)
  const clusters = (await of('rds:DescribeDBClusters')).map((it) =>
    readCluster(it, here, {
      authorities,
      custom: custom.get(it.DBClusterIdentifier) ?? [],
      global: globals.find((global) =>
        global.GlobalClusterMembers?.some((each) => each.DBClusterArn === it.DBClusterArn),
      ),
    }),
  )
  const doors = bundle(await of('rds:DescribeDBProxyEndpoints'), (it) => it.DBProxyName)
  const proxies: (Found | null)[] = []
  for (const it of await of('rds:DescribeDBProxies')) {
    const wanted = proxies.length < MOST_TAGGED && !missing.has(TAGS)
    const tags = wanted ? await take(TAGS, () => tagsOf(client, send, it.DBProxyArn)) : []
    if (proxies.length >= MOST_TAGGED) missing.add(TAGS)
    proxies.push(readProxy(it, here, { endpoints: doors.get(it.DBProxyName) ?? [], tags }))
  }
  if (read === 0) throw refusal
  const found = [...clusters, ...instances, ...proxies].filter((each) => each !== null)
  return { found, missing: [...missing].sort() }
}

const TAGS = 'rds:ListTagsForResource'

async function tagsOf(client: rds.RDSClient, send: Send, arn: string | undefined) {
  const wish = new rds.ListTagsForResourceCommand({ ResourceName: arn })
  const { TagList = [] } = await send((abortSignal) => client.send(wish, { abortSignal }))
  return { items: TagList, cut: false }
}

type Lists = ReturnType<typeof lists>
type Item<K extends keyof Lists> = Awaited<ReturnType<Lists[K]>>['items'][number]

function bundle<T>(items: readonly T[], by: (item: T) => string | undefined) {
  const bundles = new Map<string | undefined, T[]>()
  for (const item of items) {
    const known = bundles.get(by(item))
    if (known) known.push(item)
    else bundles.set(by(item), [item])
  }
  return bundles
}

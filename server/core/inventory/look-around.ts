import type { InventoryRole } from '../catalog/catalog.ts'
import { DomainError } from '../error.ts'
import type { Found, Inventory, Place } from './found.ts'
import type { InventoryStore, KeptPlace, Reading, ReadPlace } from './ports.ts'

type Deps = {
  /** Of the catalog in force. */
  roles: () => readonly InventoryRole[]
  readPlace: ReadPlace
  store: Pick<InventoryStore, 'places' | 'keepReading' | 'keepFault'>
  warn: (details: object, message: string) => void
}

/** Places at a time: one that hangs holds up no other. */
const AT_ONCE = 16

/** Which lists the kinds come from. */
const LISTED_BY = {
  instance: 'rds:DescribeDBInstances',
  cluster: 'rds:DescribeDBClusters',
  proxy: 'rds:DescribeDBProxies',
} as const

export type LookAround = ReturnType<typeof makeLookAround>

/** What is in RDS, as far as the roles of the catalog may see it: read by one portal, kept in the store, known to all. */
export function makeLookAround({ roles, readPlace, store, warn }: Deps) {
  let kept: (KeptPlace & { found: readonly Found[] })[] = []
  let running: Promise<void> | undefined
  let stopping = false

  const placesOf = (chosen: readonly InventoryRole[]) =>
    chosen.flatMap((role) => role.regions.map((region) => ({ role, region })))

  /** The places of these roles and no others, also those that nobody has read yet. */
  const inventory = (chosen: readonly InventoryRole[]): Inventory => {
    const mine = placesOf(chosen).map(({ role: { account }, region }) => ({
      key: { account, region },
      row: kept.find((each) => each.account === account && each.region === region),
    }))
    return {
      places: mine.map(({ key, row }): Place => ({
        ...key,
        readAt: row?.readAt ?? null,
        fault: row?.fault ?? null,
        missing: row?.missing ?? [],
        count: row?.found.length ?? 0,
      })),
      found: mine.flatMap(({ row }) => row?.found ?? []),
    }
  }

  /** Takes over what any portal has read. */
  const reload = async () => {
    const before = new Map(kept.map((each) => [each.version, each.found]))
    const rows = await store.places([...before.keys()])
    kept = rows.map((row) => ({ ...row, found: row.found ?? before.get(row.version) ?? [] }))
  }

  const readOne = async ({ role, region }: { role: InventoryRole; region: string }) => {
    const place = { account: role.account, region }
    let reading: Reading
    try {
      reading = await readPlace(role, region)
    } catch (error) {
      if (stopping) return
      const { code, message, mend = '' } = asDomain(error)
      const reason = asDomain(error).reason ?? code
      warn({ ...place, reason }, 'RDS could not be read here')
      return store.keepFault(place, { code: reason, message, mend })
    }
    if (stopping) return
    const before = kept.find((each) => each.account === place.account && each.region === region)
    await store.keepReading(place, keepUnread(reading, before?.found ?? []))
  }

  const round = async () => {
    await reload()
    const left = placesOf(roles())
    const work = async () => {
      for (let place = left.shift(); place && !stopping; place = left.shift())
        await readOne(place).catch((error: unknown) =>
          warn({ err: error }, 'what was read of RDS was not kept'),
        )
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    if (!stopping) await reload()
  }

  return {
    /** The last known; of places that cannot be read it is old, and says so. */
    inventory,
    reload,
    running: () => running !== undefined,
    /** Reads every place; a round that is running already is joined. */
    lookNow: () => (running ??= round().finally(() => (running = undefined))),
    /** What is on its way is not waited for, and not kept. */
    stop: () => void (stopping = true),
    stopped: () => stopping,
  }
}

/** A list that was refused tells nothing: what it told before stays. */
function keepUnread(reading: Reading, before: readonly Found[]): Reading {
  const stays = before.filter(
    ({ kind }) =>
      reading.missing.includes(LISTED_BY[kind]) &&
      !reading.found.some((each) => each.kind === kind),
  )
  return { ...reading, found: [...reading.found, ...stays] }
}

const asDomain = (error: unknown): DomainError =>
  error instanceof DomainError
    ? error
    : new DomainError('upstream', 'RDS could not be read.', { mend: 'See the log of the portal.' })

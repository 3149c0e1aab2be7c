import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import type { AuditEvent } from '../core/audit/event.ts'
import { insertEvent } from './audit.ts'
import { guarded } from './failure.ts'
import { type Prisma, PrismaClient } from './generated/client.ts'
import { openPool } from './pool.ts'

export type Tx = Prisma.TransactionClient

/** The one shared place: a pool, Prisma over it, and the database's clock. */
export type Store = {
  pool: pg.Pool
  prisma: PrismaClient
  /** The database's clock, which decides every window. */
  now(): Promise<Date>
  /** One transaction; an error inside undoes all of it. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** One event by itself. */
  record(event: AuditEvent): Promise<void>
  /** Whether the database answers, in time for a probe. */
  ready(): Promise<boolean>
  close(): Promise<void>
}

export function openStore(
  url: string,
  options: { max?: number; log?: (error: Error) => void } = {},
): Store {
  const pool = openPool(url, options)
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { maxWait: 3_000, timeout: 5_000 },
  })
  return {
    pool,
    prisma,
    now: () =>
      guarded(
        async () =>
          (await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')).rows[0]!.now,
      ),
    transaction: (work) => guarded(() => prisma.$transaction(work)),
    record: (event) =>
      guarded(
        async () => void (await insertEvent((sql, values) => pool.query(sql, values), event)),
      ),
    ready: () =>
      pool.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    close: async () => {
      await prisma.$disconnect()
      if (!pool.ended) await pool.end()
    },
  }
}

/** Writes an event inside a Prisma transaction, so that the change and its record are one. */
export const recordIn = (tx: Tx, event: AuditEvent) =>
  insertEvent((sql, values) => tx.$executeRawUnsafe(sql, ...values), event)

export const clockIn = async (tx: Tx): Promise<Date> =>
  (await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`)[0]!.now

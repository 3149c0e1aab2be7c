import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect } from 'vitest'
import { migrate } from '../../server/store/migrate.ts'
import { freshDatabase } from '../lab/test-database.ts'
import { aKey, examine, forgetMigrations, untilSealed, writers } from '../store/sealed.ts'

const WRITERS = 32

/** The sealer of the build, as a process of its own: what SIGKILL ends has no last words. It says each checkpoint once that is committed. */
const SEALER = `
  import { createPrivateKey } from 'node:crypto'
  import { openSealerPool } from './build/server/store/pool.js'
  import { startSealer } from './build/server/store/sealer.js'
  startSealer({
    pool: openSealerPool(process.env.DATABASE_URL),
    keys: { current: createPrivateKey(process.env.AUDIT_SIGNING_KEY), previous: undefined },
    publicUrl: 'https://latchkey.example.com',
    publish: ({ size }) => process.stdout.write(size + '\\n'),
    warn: (details, message) => process.stderr.write(message + '\\n'),
    every: 20,
  })`

type Sealer = { child: ChildProcess; name: string; ended: Promise<unknown> }

/** A database with a log of its own, and sealers on it that are processes. */
export async function openSealStorm() {
  const database = await freshDatabase()
  await migrate(database.url)
  const superuser = new pg.Client(database.url)
  await superuser.connect()
  await forgetMigrations(superuser)
  const running = new Set<ChildProcess>()
  const key = aKey().export({ type: 'pkcs8', format: 'pem' }) as string
  const published: number[] = []

  let started = 0
  async function startOne(): Promise<Sealer> {
    const name = `sealer ${started++}`
    // What the address says of a connection wins over what the pool says.
    const url = new URL(database.url)
    url.searchParams.set('application_name', name)
    const child = spawn(process.execPath, ['--input-type=module', '-e', SEALER], {
      env: { PATH: process.env['PATH'], DATABASE_URL: url.href, AUDIT_SIGNING_KEY: key },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    running.add(child)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      published.push(...text.split('\n').filter(Boolean).map(Number))
    })
    const ended = once(child, 'close')
    await eventually(name, 'true')
    return { child, name, ended }
  }

  /** Whether a connection of this sealer is as wanted, as soon as it is. */
  async function eventually(name: string, wanted: string, milliseconds = 20_000): Promise<boolean> {
    for (const end = performance.now() + milliseconds; performance.now() < end; await sleep(2)) {
      const { rowCount } = await superuser.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND ${wanted}`,
        [name],
      )
      if (rowCount) return true
    }
    return false
  }

  /**
   * While 32 people write, with delays before they commit, the two sealers are killed in turn, `kills` times.
   * Then all is quiet, and what must hold after 5 s of that is checked.
   */
  async function killInTurn(kills: number): Promise<void> {
    let storm = true
    const writing = writers(database.url, WRITERS, () => storm)
    const sealers = [await startOne(), await startOne()]
    let caught = 0
    for (let kill = 0; kill < kills; kill++) {
      const victim = sealers[kill % 2]!
      // Two of four within a transaction that has written, the others at any moment.
      if (kill % 4 < 2) {
        if (await eventually(victim.name, 'backend_xid IS NOT NULL', 3_000)) caught++
      } else await sleep(Math.random() * 150)
      victim.child.kill('SIGKILL')
      await victim.ended
      running.delete(victim.child)
      sealers[kill % 2] = await startOne()
    }
    storm = false
    const written = await writing
    await untilSealed(database.url, 5_000)

    expect(caught).toBeGreaterThan(0)
    expect(await examine(database.url)).toMatchObject({
      ...{ unsealed: [], wrong: [], twice: [] },
      size: written,
    })
    // No checkpoint was said by two of them.
    expect(new Set(published).size).toBe(published.length)
    expect(published.length).toBeGreaterThan(kills)
  }

  return {
    killInTurn,
    close: async () => {
      for (const child of running) child.kill('SIGKILL')
      await superuser.end()
      await database.drop()
    },
  }
}

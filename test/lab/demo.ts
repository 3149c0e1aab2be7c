import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Break, DAMAGES } from './break.ts'
import { Closers } from './closers.ts'
import { WAREHOUSE } from './databases.ts'
import {
  type DemoSettings,
  HELP,
  mendPort,
  readArguments,
  readSettings,
  UsageError,
} from './demo-settings.ts'
import { welcome } from './demo-words.ts'
import { startLab } from './lab.ts'
import { assertFree, PortTakenError } from './loopback.ts'
import { findMariaDb } from './mariadb.ts'
import { lastLines, startPortal } from './portal-process.ts'
import { InUseError, startPostgres } from './postgres.ts'

/*
 * `npm run demo`: the portal as an operator runs it, in a world that needs nothing but this machine.
 * The portal is a process of its own and is told of that world by its environment alone.
 */

const PORTAL = fileURLToPath(new URL('../../server/cli.js', import.meta.url))
const say = (text: string) => process.stdout.write(`${text}\n`)
const complain = (text: string) => process.stderr.write(`${text}\n`)

const closers = new Closers()
let stopping: Promise<never> | undefined

/** Stops everything, last started first, and ends this process. */
function stop(status: number): Promise<never> {
  stopping ??= closers
    .close()
    .catch((error: unknown) => complain(`Stopping went wrong: ${String(error)}`))
    .then(() => process.exit(status))
  return stopping
}

async function start(settings: DemoSettings, broken: Break | undefined): Promise<void> {
  const { home, portal: port } = settings
  const portal = `http://localhost:${port}`
  const log = path.join(home, 'portal.log')
  await assertFree(port, 'the portal')

  const store = await startPostgres(path.join(home, 'store'))
  closers.add(store, (it) => it.stop())
  await store.createDatabase('latchkey')
  const mariadb = findMariaDb()
  if (!mariadb) say('There is no MariaDB server on this machine: the demo is without invoices.')
  const lab = await startLab({ home, portal, ports: settings.lab, log: say, mariadb, broken })
  closers.add(lab, (it) => it.close())
  const running = await startPortal({
    program: PORTAL,
    log,
    port,
    env: {
      ...lab.environment,
      PUBLIC_URL: portal,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: store.url('latchkey'),
    },
  })
  closers.add(running, (it) => it.stop())
  void running.ended.then(() => {
    if (stopping) return
    complain(`The portal has ended. The last lines of its log:\n${lastLines(log)}`)
    void stop(1)
  })
  if (stopping) return
  say(welcome(portal, home, lab.doorOf(WAREHOUSE.endpoints[0]?.host ?? '')))
  if (broken !== undefined) say(`Broken on purpose (${broken}): ${DAMAGES[broken].says}\n`)
  say(`ready ${portal}`)
}

/** Why not, and what to do about it. */
function explain(error: unknown, settings: DemoSettings): string {
  if (error instanceof PortTakenError) return `${error.message}\n${mendPort(error, settings)}`
  if (error instanceof InUseError) {
    const who = error.owner === undefined ? '' : ` as process ${error.owner}`
    return `The demo is running already${who}, with its data in ${settings.home}.\nStop it first, or keep this one elsewhere: DEMO_HOME=.latchkey-2 npm run demo`
  }
  return error instanceof Error ? error.message : String(error)
}

/** npm does not always pass on what ends it: then its end is our sign. */
function watchParent(): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) void stop(0)
  }, 500).unref()
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Who asks twice does not want to wait; what is left ends with this process.
    if (stopping) process.exit(1)
    void stop(0)
  })
}
if (process.env['npm_lifecycle_event'] !== undefined) watchParent()

async function main(): Promise<void> {
  const broken = readArguments(process.argv.slice(2))
  if (broken === 'help') return void say(HELP)
  const settings = readSettings(process.env)
  try {
    await start(settings, broken)
  } catch (error) {
    if (!stopping) throw new Error(explain(error, settings), { cause: error })
  }
}

main().catch(async (error: Error) => {
  complain(error.message)
  await stop(error instanceof UsageError ? 2 : 1)
})

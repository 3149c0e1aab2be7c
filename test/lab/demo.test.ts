import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { BREAKS } from './break.ts'
import { HttpPerson } from './http-person.ts'
import { assertFree, listenOnLoopback } from './loopback.ts'

/* `npm run demo`, as it was built: one home for all tests, so that only the first start is a first start. */

const DEMO = fileURLToPath(new URL('../../build/test/lab/demo.js', import.meta.url))
const LIMIT = 60_000
const NAMES = ['PORT', 'DEMO_IDP_PORT', 'DEMO_STS_PORT', 'DEMO_RDS_PORT', 'DEMO_IAM_PORT']
let home: string
let ports: Record<string, string>
const started: ChildProcess[] = []

beforeAll(async () => {
  if (!fs.existsSync(DEMO)) throw new Error('There is no build: npm run build')
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-demo-'))
  fs.chmodSync(home, 0o755)
  ports = await freePorts()
})
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  await nothingIsLeft()
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

/** Eleven in a row that nobody has. */
async function freePorts(): Promise<Record<string, string>> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000)
    const row = Array.from({ length: 11 }, (_, i) => first + i)
    const free = await Promise.allSettled(row.map((port) => assertFree(port, 'a test')))
    if (free.some(({ status }) => status === 'rejected')) continue
    const names = [...NAMES, 'DEMO_DATABASE_PORT']
    return Object.fromEntries(names.map((name, i) => [name, String(first + i)]))
  }
}

type Run = {
  child: ChildProcess
  out: () => string
  err: () => string
  status: Promise<number | null>
}

function run(command = [process.execPath, DEMO], env: Record<string, string> = {}): Run {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], DEMO_HOME: home, ...ports, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const status = once(child, 'close').then(([code]) => code as number | null)
  return { child, out: () => out, err: () => err, status }
}

const portal = () => `http://localhost:${ports['PORT']}`

async function whenReady(demo: Run): Promise<void> {
  const line = new RegExp(`^ready ${portal()}$`, 'm')
  await vi.waitFor(
    () => {
      if (demo.child.exitCode !== null) throw new Error(`it ended: ${demo.err()}`)
      expect(demo.out()).toMatch(line)
    },
    { timeout: LIMIT, interval: 100 },
  )
}

/** The process ids of both PostgreSQLs and of the portal, as they wrote them down themselves. */
function writtenPids(): number[] {
  const read = (file: string, pattern: RegExp) => {
    const text =
      fs.existsSync(path.join(home, file)) && fs.readFileSync(path.join(home, file), 'utf8')
    return text ? Number(pattern.exec(text)?.[1]) : NaN
  }
  return [
    read('store/data/postmaster.pid', /^(\d+)/),
    read('databases/data/postmaster.pid', /^(\d+)/),
    read('portal.log', /"pid":(\d+)/),
  ].filter((pid) => !Number.isNaN(pid))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const nothingIsLeft = (pids = writtenPids()) =>
  vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 20_000, interval: 100 })

test(
  'it is ready, says for whom and how, and after a Ctrl-C and another start all is as it was',
  async () => {
    const first = run()
    await whenReady(first)
    expect(first.out()).toContain('Ada Marín')
    expect(first.out()).toContain('Three steps')
    expect(first.err()).toBe('')
    expect((await fetch(`${portal()}/readyz`)).status).toBe(200)
    const ada = new HttpPerson()
    await ada.signIn(portal(), 'person-1001')
    expect((await ada.call(portal(), '/api/me')).status).toBe(200)
    const pids = writtenPids()
    expect(pids.filter(isAlive)).toHaveLength(3)

    first.child.kill('SIGINT')
    expect(await first.status).toBe(0)
    expect(pids.filter(isAlive)).toEqual([])

    const second = run()
    await whenReady(second)
    expect((await ada.call(portal(), '/api/me')).status).toBe(200)
    second.child.kill('SIGTERM')
    expect(await second.status).toBe(0)
  },
  3 * LIMIT,
)

test(
  'a second one at the same time is refused, and the first goes on',
  async () => {
    const first = run()
    await whenReady(first)
    const others = await freePorts()
    const second = run(undefined, others)
    expect(await second.status).toBe(1)
    expect(second.err()).toContain(`The demo is running already as process ${first.child.pid}`)
    expect((await fetch(`${portal()}/readyz`)).status).toBe(200)
    first.child.kill('SIGINT')
    await first.status
  },
  2 * LIMIT,
)

test.each([...NAMES, 'DEMO_DATABASE_PORT'])(
  'a taken %s is named, with the way to another, and nothing is left running',
  async (name) => {
    const server = createServer()
    await listenOnLoopback(server, Number(ports[name]), 'a test')
    try {
      const demo = run()
      expect(await demo.status).toBe(1)
      expect(demo.err()).toMatch(
        new RegExp(`^Port ${ports[name]}, for .*, is taken by another program.$`, 'm'),
      )
      expect(demo.err()).toMatch(new RegExp(`${name}=\\d+ npm run demo$`, 'm'))
      expect(demo.err()).not.toContain('    at ')
    } finally {
      server.close()
    }
  },
  LIMIT,
)

test('a port that is none is refused before anything is started', async () => {
  const demo = run(undefined, { DEMO_STS_PORT: 'many' })
  expect(await demo.status).toBe(1)
  expect(demo.err()).toBe('DEMO_STS_PORT must be a port from 1 to 65000, not many.\n')
})

test('it says what can be broken, and refuses what cannot', async () => {
  const help = run([process.execPath, DEMO, '--help'])
  expect(await help.status).toBe(0)
  expect(help.out()).toContain('--break NAME')
  const wrong = run([process.execPath, DEMO, '--break', 'everything'])
  expect(await wrong.status).toBe(2)
  expect(wrong.err()).toBe(
    `Nothing is called everything. One of these can be broken: ${BREAKS.join(', ')}.\n`,
  )
})

test(
  'killed with -9, it leaves no process behind',
  async () => {
    const demo = run()
    await whenReady(demo)
    const pids = writtenPids()
    demo.child.kill('SIGKILL')
    await nothingIsLeft(pids)
  },
  2 * LIMIT,
)

test(
  'when the portal dies, all of it stops, and it says so',
  async () => {
    const demo = run()
    await whenReady(demo)
    const portalPid = writtenPids()[2] ?? 0
    process.kill(portalPid, 'SIGKILL')
    expect(await demo.status).toBe(1)
    expect(demo.err()).toContain('The portal has ended')
  },
  2 * LIMIT,
)

test(
  'when npm is ended without passing that on, it stops all the same',
  async () => {
    // What npm does: a shell that starts the demo and waits, and dies of the signal alone.
    const shell = run(['/bin/sh', '-c', `"${process.execPath}" "${DEMO}"; true`], {
      npm_lifecycle_event: 'demo',
    })
    await whenReady(shell)
    const pids = writtenPids()
    shell.child.kill('SIGTERM')
    await nothingIsLeft(pids)
  },
  2 * LIMIT,
)

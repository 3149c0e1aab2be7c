import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, expect, test, vi } from 'vitest'
import { startPostgres } from './postgres.ts'
import { placeElsewhere } from './unprivileged.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const step of undo.splice(0).reverse()) await step()
})

function scratch(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-pg-'))
  undo.push(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function start(...[home, options]: Parameters<typeof startPostgres>) {
  const server = await startPostgres(home, options)
  undo.push(() => server.stop())
  return server
}

async function query(config: pg.ClientConfig, sql: string): Promise<unknown[]> {
  const client = new pg.Client(config)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Another process that owns a server and does nothing else; Node 20 reads TypeScript with Vite's help. */
async function startOwner(home: string): Promise<{ owner: ChildProcess; pid: number }> {
  const code = `
    import { runnerImport } from 'vite'
    const { module } = await runnerImport('./test/lab/postgres.ts', { configFile: false })
    const { pid } = await module.startPostgres(process.argv[1])
    console.log(pid)
    setInterval(() => undefined, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', code, home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  undo.push(() => owner.kill('SIGKILL'))
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  return { owner, pid: Number(line.toString()) }
}

test('what was written is there after a restart', async () => {
  const home = scratch()
  const first = await start(home)
  await first.createDatabase('kept')
  await first.createDatabase('kept')
  await query({ connectionString: first.url('kept') }, 'create table t as select 42 as x')
  await first.stop()
  expect(isAlive(first.pid)).toBe(false)
  const second = await start(home)
  expect(await query({ connectionString: second.url('kept') }, 'table t')).toEqual([{ x: 42 }])
})

test('it listens on a socket that only its account can reach, and is safe at a power cut', async () => {
  const server = await start(scratch(), { settings: { track_commit_timestamp: 'on' } })
  const names = ['listen_addresses', 'fsync', 'full_page_writes', 'track_commit_timestamp']
  const settings = names.map((name) => `current_setting('${name}')`).join()
  expect(await query(server.config, `select array[${settings}] as s`)).toEqual([
    { s: ['', 'on', 'on', 'on'] },
  ])
  expect(fs.statSync(String(server.config.host)).mode & 0o777).toBe(0o700)
})

test('killing its parent with -9 leaves no PostgreSQL, and the next owner finds the data', async () => {
  const home = scratch()
  const { owner, pid } = await startOwner(home)
  expect(isAlive(pid)).toBe(true)
  owner.kill('SIGKILL')
  const next = await start(home)
  expect(next.pid).not.toBe(pid)
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000)
})

test('a second live owner is refused and the first is undisturbed', async () => {
  const home = scratch()
  const { owner, pid } = await startOwner(home)
  await expect(startPostgres(home)).rejects.toThrow(`is in use by process ${owner.pid}`)
  expect(isAlive(pid)).toBe(true)
})

test('of two that start at once on an empty folder one wins and the other is told', async () => {
  const home = scratch()
  const both = await Promise.allSettled([startPostgres(home), startPostgres(home)])
  const won = both.filter((result) => result.status === 'fulfilled')
  const lost = both.filter((result) => result.status === 'rejected')
  for (const { value } of won) undo.push(() => value.stop())
  expect(won).toHaveLength(1)
  expect(String(lost[0]?.reason)).toContain('is in use by')
  expect(await query(won[0]!.value.config, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(fs.readdirSync(home).filter((name) => name.startsWith('init-'))).toEqual([])
})

test('data of another major version is refused in a sentence and left alone', async () => {
  const home = scratch()
  fs.mkdirSync(path.join(home, 'data'))
  fs.writeFileSync(path.join(home, 'data', 'PG_VERSION'), '9\n')
  await expect(startPostgres(home)).rejects.toThrow(/is of PostgreSQL 9, the program here is 18/)
  expect(fs.readdirSync(path.join(home, 'data'))).toEqual(['PG_VERSION'])
})

test('programs that do not run are named', async () => {
  const home = scratch()
  const programs = scratch()
  fs.chmodSync(programs, 0o755)
  fs.writeFileSync(path.join(programs, 'postgres'), '#!/bin/sh\necho broken >&2; exit 1\n', {
    mode: 0o755,
  })
  await expect(startPostgres(home, { binaries: programs })).rejects.toThrow(
    `The PostgreSQL in ${programs} does not run here: broken`,
  )
})

test('a server that dies is seen, not waited for', async () => {
  const home = scratch()
  const setting = { shared_buffers: 'nonsense' }
  const began = Date.now()
  await expect(startPostgres(home, { settings: setting })).rejects.toThrow(/shared_buffers/)
  expect(Date.now() - began).toBeLessThan(30_000)
})

test('a path too long for a socket moves the data elsewhere and says so', async () => {
  const home = path.join(scratch(), 'x'.repeat(90))
  const elsewhere = placeElsewhere('data', home)
  undo.push(() => fs.rmSync(elsewhere, { recursive: true, force: true }))
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const server = await start(home)
  expect(server.config.host).toBe(path.join(elsewhere, 'run'))
  expect(fs.statSync(elsewhere).mode & 0o777).toBe(0o700)
  expect(said.mock.calls.flat().join('')).toContain(`${elsewhere}: its path is too long`)
})

test('a folder that somebody put in our place elsewhere is refused', async () => {
  const home = path.join(scratch(), 'y'.repeat(90))
  const elsewhere = placeElsewhere('data', home)
  undo.push(() => fs.rmSync(elsewhere, { force: true }))
  fs.symlinkSync(scratch(), elsewhere)
  await expect(startPostgres(home)).rejects.toThrow('is not a folder of our own')
})

test.runIf(process.getuid?.() === 0)(
  'as root, below a folder that the account cannot enter, the data lies elsewhere',
  async () => {
    const closed = scratch()
    fs.chmodSync(closed, 0o700)
    const home = path.join(closed, 'checkout', '.latchkey')
    const elsewhere = placeElsewhere('data', home)
    undo.push(() => fs.rmSync(elsewhere, { recursive: true, force: true }))
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const first = await start(home)
    await first.createDatabase('kept')
    await first.stop()
    const second = await start(home)
    expect(await query({ connectionString: second.url('kept') }, 'select 1 as x')).toHaveLength(1)
    expect(fs.statSync(elsewhere).uid).not.toBe(0)
    expect(said).toHaveBeenCalledOnce()
    expect(fs.existsSync(home)).toBe(false)
  },
)

if (process.getuid?.() !== 0) console.warn('skipped: the lab as root, because this is not root')

test('a stopped server is really gone when stop answers', async () => {
  const server = await start(scratch())
  await server.stop()
  await sleep(0)
  expect(isAlive(server.pid)).toBe(false)
})

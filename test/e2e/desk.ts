import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Connection, TokenForms } from '../../server/contract/connection.ts'
import type { RequestPage } from '../../server/contract/request.ts'
import type { Token } from '../../server/contract/token.ts'
import { lines } from '../connect/fill.ts'
import { Closers } from '../lab/closers.ts'
import { HttpPerson } from '../lab/http-person.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { listenOnLoopback } from '../lab/loopback.ts'
import type { MariaDbPrograms } from '../lab/mariadb.ts'
import { hostsOf } from '../lab/own-hosts.ts'
import { startPortal } from '../lab/portal-process.ts'
import { freePort } from './stage.ts'

export type Outcome = { stdout: string; stderr: string; status: number }

/** A computer of somebody at work: a home, a shell, the portal in reach, and grants to get tokens with. */
export type Desk = {
  home: string
  lab: Lab
  url: string
  close(): Promise<void>
}

export async function sitDown(mariadb?: MariaDbPrograms): Promise<Desk> {
  const closers = new Closers()
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-desk-'))
  chmodSync(folder, 0o711)
  closers.add(folder, () => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const url = `http://localhost:${port}`
  try {
    const lab = closers.add(
      await startLab({ home: join(folder, 'lab'), portal: url, mariadb }),
      (it) => it.close(),
    )
    await lab.postgres.createDatabase('latchkey')
    const env = {
      ...lab.environment,
      PUBLIC_URL: url,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: lab.postgres.url('latchkey'),
    }
    const program = resolve('build/server/cli.js')
    closers.add(await startPortal({ program, log: join(folder, 'portal.log'), env, port }), (it) =>
      it.stop(),
    )
    const home = join(folder, 'home of ada')
    mkdirSync(home)
    return { home, lab, url, close: () => closers.close() }
  } catch (error) {
    await closers.close()
    throw error
  }
}

/** Access that is open: what the API says of it, a token, and the lines as the copy buttons give them. */
export type Way = {
  connection: Connection
  forms: TokenForms
  /** As served, filled in, otherwise unchanged. */
  line(client: string): string
  /** A value of a client with a form. */
  field(client: string, label: string): string
}

export class Worker {
  readonly #person = new HttpPerson()
  readonly #desk: Desk
  #grant = ''

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** Signs in and opens access; the CA bundle is saved by the line that the portal gives for it. */
  async openAccess(database: string, user: string): Promise<void> {
    await this.#person.signIn(this.#desk.url, 'person-1001')
    const body = { team: 'payments', database, user, seconds: 3600 }
    const { request } = await this.#call<RequestPage>('/api/requests', 'POST', body)
    this.#grant = request.grant?.id ?? ''
    const { caCommand } = await this.#connection({})
    const saved = await inShell(this.#desk, caCommand)
    if (saved.status !== 0) throw new Error(`the CA bundle was not saved: ${saved.stderr}`)
  }

  async way(endpoint: string, wish: Record<string, string> = {}): Promise<Way> {
    const connection = await this.#connection({ endpoint, home: this.#desk.home, ...wish })
    const path = `/api/grants/${this.#grant}/tokens`
    const { forms } = await this.#call<Token>(path, 'POST', { endpoint })
    const find = (client: string) => {
      const found = connection.snippets.find((snippet) => snippet.client === client)
      if (!found) throw new Error(`the portal has nothing for ${client}`)
      return found
    }
    return {
      connection,
      forms,
      line: (client) => lines(find(client), forms),
      field(client, label) {
        const value = find(client).fields.find((field) => field.label === label)?.value
        if (!value) throw new Error(`${client} has no field ${label}`)
        return 'text' in value ? value.text : forms[value.token]
      },
    }
  }

  #connection(wish: Record<string, string>): Promise<Connection> {
    return this.#call(`/api/grants/${this.#grant}/connection?${new URLSearchParams(wish)}`)
  }

  async #call<T>(path: string, method = 'GET', body?: object): Promise<T> {
    const answer = await this.#person.call(this.#desk.url, path, method, body)
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
}

type Run = { input?: string; env?: Record<string, string>; cwd?: string }

/** Runs a program as the person at this desk. */
export function run(
  { home }: Desk,
  [program = '', ...args]: readonly string[],
  { input = '', env = {}, cwd = home }: Run = {},
): Promise<Outcome> {
  return new Promise((done) => {
    const child = execFile(
      program,
      args,
      {
        cwd,
        env: { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C.UTF-8', TERM: 'dumb', ...env },
        timeout: 25_000,
      },
      (error, stdout, stderr) => {
        const status = typeof error?.code === 'number' ? error.code : error ? -1 : 0
        done({ stdout, stderr, status })
      },
    )
    child.stdin?.on('error', () => undefined).end(input)
  })
}

/** A line as one pastes it, with what one types afterwards on standard input. */
export const inShell = (desk: Desk, line: string, given: Run = {}) =>
  run(desk, ['sh', '-c', line], given)

/** What a person writes into /etc/hosts, where the card tells them to. */
export const withHosts = ({ home }: Desk, names: readonly string[]) => hostsOf(dirname(home), names)

/** Says aloud what is not tried for want of it. */
export function installed(what: string, program: string, args: readonly string[]): boolean {
  const found = spawnSync(program, args, { timeout: 20_000 }).status === 0
  if (!found) console.warn(`skipped: ${what}, which is not installed`)
  return found
}

export function saveFile({ home }: Desk, path: string, text: string): void {
  const file = path.replace(/^~/, home)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** A tunnel as `ssh -L` makes one: whatever comes to this port goes to that one. Closing it cuts what is still open. */
export async function openTunnel(target: number) {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const onward = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy()).on('close', () => open.delete(from))
      from.pipe(to)
    }
  })
  const port = await listenOnLoopback(server, 0, 'a tunnel of the tests')
  return {
    port,
    close: () =>
      new Promise((closed) => {
        server.close(closed)
        for (const socket of open) socket.destroy()
      }),
  }
}

import { execFile, spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inspect } from 'node:util'
import mysql from 'mysql2/promise'
import pg from 'pg'

/* Real clients, and what they print when they do not get in: what a person would copy from their screen. */

/** What one client says, or `connected`. */
export type Saying = Promise<string>

export const CONNECTED = 'connected'
const JAR = '/usr/share/java/postgresql.jar'

/** Says aloud what is not tried for want of it. */
export function installed(what: string, program: string, args: readonly string[]): boolean {
  const found = spawnSync(program, args, { timeout: 20_000 }).status === 0
  if (!found) console.warn(`skipped: ${what}, which is not installed`)
  return found
}
export const hasPsql = installed('the texts of psql', 'psql', ['--version'])
export const hasJava =
  installed('the texts of pgjdbc, for want of a JDK', 'javac', ['-version']) &&
  installed('the texts of pgjdbc', 'test', ['-e', JAR])
export const hasMySql = installed('the texts of the mysql client', 'mysql', ['--version'])

function run(program: string, args: readonly string[], env: Record<string, string>): Saying {
  return new Promise((done) => {
    const settings = {
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...env },
      timeout: 20_000,
    }
    const child = execFile(program, args, settings, (error, stdout, stderr) =>
      done(error ? stdout + stderr : CONNECTED),
    )
    child.stdin?.end()
  })
}

/** `given` is a conninfo string, an address, or nothing where the environment says it all. */
export const withPsql = (home: string, given: string, env: Record<string, string> = {}): Saying =>
  run('psql', ['-XAtw', '-c', 'select 1', given], { HOME: home, ...env })

export const withMySql = (args: readonly string[], token: string): Saying =>
  run('mysql', ['--no-defaults', '--protocol=tcp', '-e', 'select 1', ...args], {
    ...(token && { MYSQL_PWD: token }),
  })

/** An error as Node prints one that nobody caught. */
async function said(connect: () => Promise<{ end(): Promise<unknown> }>): Saying {
  try {
    await (await connect()).end()
    return CONNECTED
  } catch (error) {
    return inspect(error)
  }
}

export const withNode = (config: pg.ClientConfig): Saying =>
  said(async () => {
    const client = new pg.Client(config)
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
  })

export const withMySql2 = (config: mysql.ConnectionOptions): Saying =>
  said(() => mysql.createConnection(config))

export type Java = {
  attempt(url: string, user: string, password: string): Saying
  close(): void
}

/** One virtual machine for all attempts. These names lead to this machine, as in a hosts file. */
export function startJava(home: string, names: readonly string[]): Java {
  const hosts = join(home, 'java-hosts')
  writeFileSync(hosts, [...names, 'localhost'].map((name) => `127.0.0.1 ${name}\n`).join(''))
  const program = [`-Djdk.net.hosts.file=${hosts}`, '-cp', JAR, resolve(PROGRAM)]
  const child = spawn('java', program, { stdio: ['pipe', 'pipe', 'pipe'] })
  const waiting: ((text: string) => void)[] = []
  let heard = ''
  let complaints = ''
  child.stderr.on('data', (more: Buffer) => (complaints += more.toString()))
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    const answers = (heard + more).split('\f')
    heard = answers.pop() ?? ''
    for (const answer of answers) waiting.shift()?.(answer)
  })
  child.on('close', () =>
    waiting.splice(0).forEach((tell) => tell(`the JVM is gone: ${complaints}`)),
  )
  return {
    attempt: (url, user, password) =>
      new Promise((done) => {
        waiting.push(done)
        child.stdin.write(`${[url, user, password].join('\t')}\n`)
      }),
    close: () => void child.stdin.end(),
  }
}

const PROGRAM = 'test/diagnosis/Attempts.java'

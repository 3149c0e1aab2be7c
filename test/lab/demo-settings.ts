import path from 'node:path'
import { type Break, BREAKS, isBreak } from './break.ts'
import type { LabPorts } from './lab.ts'
import type { PortTakenError } from './loopback.ts'

export type DemoSettings = { home: string; portal: number; lab: LabPorts }

const FIRST_DOOR = 6543
/** The ports of the demo, and what a person sets to choose another. */
const USUAL = {
  PORT: 8080,
  DEMO_IDP_PORT: 8081,
  DEMO_STS_PORT: 8082,
  DEMO_RDS_PORT: 8083,
  DEMO_IAM_PORT: 8084,
  DEMO_DATABASE_PORT: FIRST_DOOR,
}
type Name = keyof typeof USUAL

/** @throws Error naming the variable that is no port */
export function readSettings(env: NodeJS.ProcessEnv): DemoSettings {
  const firstDoor = readPort(env, 'DEMO_DATABASE_PORT')
  return {
    home: path.resolve(env['DEMO_HOME'] || '.latchkey'),
    portal: readPort(env, 'PORT'),
    lab: {
      idp: readPort(env, 'DEMO_IDP_PORT'),
      sts: readPort(env, 'DEMO_STS_PORT'),
      rds: readPort(env, 'DEMO_RDS_PORT'),
      iam: readPort(env, 'DEMO_IAM_PORT'),
      door: (usual) => firstDoor + usual - FIRST_DOOR,
    },
  }
}

function readPort(env: NodeJS.ProcessEnv, name: Name): number {
  const text = env[name] || String(USUAL[name])
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_000)
    throw new Error(`${name} must be a port from 1 to 65000, not ${text}.`)
  return port
}

/** What to do about a port that is taken. */
export function mendPort({ port }: PortTakenError, settings: DemoSettings): string {
  const { portal, lab } = settings
  const names = new Map<number, Name>([
    [portal, 'PORT'],
    [lab.idp, 'DEMO_IDP_PORT'],
    [lab.sts, 'DEMO_STS_PORT'],
    [lab.rds, 'DEMO_RDS_PORT'],
    [lab.iam, 'DEMO_IAM_PORT'],
  ])
  const name = names.get(port) ?? 'DEMO_DATABASE_PORT'
  const more = name === 'DEMO_DATABASE_PORT' ? ' (the databases take six in a row)' : ''
  return `Stop that program, or choose another port${more}: ${name}=${port + 1000} npm run demo`
}

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const HELP = `Usage: npm run demo [-- --break NAME]

  --break NAME  starts with the database orders broken, to see the diagnosis work: ${BREAKS.join(', ')}
`

/** @returns what to break, if anything, or that help was asked for. @throws UsageError with the list of what there is */
export function readArguments(args: readonly string[]): Break | 'help' | undefined {
  const [first, ...rest] = args.flatMap((arg) => /^(--break)=(.*)$/s.exec(arg)?.slice(1) ?? [arg])
  if (first === undefined) return undefined
  if (first === '--help' || first === '-h') return 'help'
  const [name, ...more] = rest
  const list = `One of these can be broken: ${BREAKS.join(', ')}.`
  if (first !== '--break' || more.length > 0)
    throw new UsageError(`${first} is not known.\n${HELP}`)
  if (name === undefined) throw new UsageError(`--break needs a name. ${list}`)
  if (!isBreak(name)) throw new UsageError(`Nothing is called ${name}. ${list}`)
  return name
}

#!/usr/bin/env node
import { loadConfig } from './config.ts'
import { StartError } from './core/error.ts'
import { migrate } from './store/migrate.ts'

const USAGE = `latchkey start           run the portal; the environment is its configuration
latchkey check FILE      validate a catalog and say what is wrong with it
latchkey check --against OLD NEW [--json]
                         say who gains and who loses when NEW takes the place of OLD; exit code 3 where somebody does
latchkey audit verify    check the audit log in the database of DATABASE_URL, or an export:
                         [EXPORT] --key KEY [--anchor FILE]… [--from N]
latchkey migrate         bring the database of DATABASE_URL up to this version
latchkey version
`

/** The operator's command. Exit codes: 0 done, 1 refused with a reason, 2 used wrongly; `check --against` and `audit verify` have more. */
async function run([command, ...rest]: string[]): Promise<number> {
  if (command === 'start' && rest.length === 0) {
    const config = loadConfig(process.env)
    const { start } = await import('./main.ts')
    await start(config)
    return 0
  }
  if (command === 'check') {
    const { checkCommand } = await import('./catalog-check.ts')
    const code = await checkCommand(rest, {
      print: (text) => void process.stdout.write(text),
      complain: (text) => void process.stderr.write(text),
    })
    if (code !== null) return code
  }
  if (command === 'migrate' && rest.length === 0) {
    const applied = await migrate(databaseUrl())
    process.stdout.write(applied.length ? `applied ${applied.join(', ')}\n` : 'nothing to do\n')
    return 0
  }
  if (command === 'audit' && rest[0] === 'verify') {
    const { verifyCommand } = await import('./verifier/command.ts')
    return verifyCommand(rest.slice(1), {
      name: 'latchkey audit verify',
      database: async ({ keys, anchors, from }) => {
        if (keys.length === 0)
          throw new StartError(
            'Say which key you trust: --key and the verifier key that you were given, or a file that holds it.',
          )
        const { verifyStored } = await import('./store/verify-log.ts')
        return verifyStored(databaseUrl(), { keys, anchors, from })
      },
      print: (text) => void process.stdout.write(text),
      complain: (text) => void process.stderr.write(text),
    })
  }
  if (command === 'version' && rest.length === 0) {
    const { VERSION } = await import('./main.ts')
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  process.stderr.write(USAGE)
  return 2
}

/** `migrate` and `audit verify` need nothing else of the configuration. */
function databaseUrl(): string {
  try {
    return loadConfig(process.env).DATABASE_URL
  } catch (error) {
    const url = process.env['DATABASE_URL']
    if (url && URL.canParse(url)) return url
    throw error
  }
}

run(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const text =
      error instanceof StartError
        ? error.message
        : error instanceof Error
          ? `${error.name}: ${error.message}`
          : String(error)
    process.stderr.write(`${text}\n`)
    process.exit(1)
  },
)

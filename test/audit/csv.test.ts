import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvLine } from '../../server/core/audit/csv.ts'

/** RFC 4180, of lines whose every cell is quoted. */
function parse(line: string): string[] {
  expect(line.endsWith('\r\n')).toBe(true)
  const cells: string[] = []
  const rest = line.slice(0, -2).replace(/"((?:[^"]|"")*)"(?:,|$)/gy, (_, cell: string) => {
    cells.push(cell.replaceAll('""', '"'))
    return ''
  })
  expect(rest).toBe('')
  return cells
}

const FORMULAS = [
  '=1+1',
  "+cmd|' /C calc'!A0",
  '-1',
  '@SUM(1)',
  '\t=1',
  '\r=1',
  '\n=1',
  '\0=1',
  '＝1',
  '＋1',
  '－1',
  '＠x',
]

test.each(FORMULAS)('%j is not computed', (formula) => {
  expect(parse(csvLine([formula]))).toEqual([`'${formula}`])
})

test.each(['"=1"', 'a";=1', "'quoted'", 'a,b', 'a\r\nb', 'ä€😀', ' =1'])(
  '%j comes back as it was',
  (text) => {
    expect(parse(csvLine([text, null, 7]))).toEqual([text, '', '7'])
  },
)

test('any texts come back, and no cell begins as a formula', () =>
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (texts) => {
      const cells = parse(csvLine(texts))
      expect(cells.map((cell, at) => cell === texts[at] || cell === `'${texts[at]}`)).not.toContain(
        false,
      )
      for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r\n\0＝＋－＠]/)
    }),
  ))

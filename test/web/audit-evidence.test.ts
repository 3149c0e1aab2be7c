import { expect, test } from 'vitest'
import { packOf } from '../../web/pages/audit/evidence.ts'

const NOW = Date.parse('2026-03-01T00:00:00Z')
const FROM = 'from=2026-01-01T00:00:00.000Z'

test.each([
  ['', null],
  ['database=orders', null],
  [FROM, null],
  [`${FROM}&database=orders&team=payments`, null],
  [
    `${FROM}&database=orders&outcome=done`,
    '/api/audit/evidence.zip?from=2026-01-01T00%3A00%3A00.000Z&to=2026-03-01T00%3A00%3A00.000Z&database=orders',
  ],
  [
    `${FROM}&to=2026-02-01T00:00:00.000Z&team=payments`,
    '/api/audit/evidence.zip?from=2026-01-01T00%3A00%3A00.000Z&to=2026-02-01T00%3A00%3A00.000Z&team=payments',
  ],
])('the pack for %j', (filter, pack) => {
  expect(packOf(filter, NOW)).toBe(pack)
})

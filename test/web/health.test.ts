import { expect, test } from 'vitest'
import { STEPS } from '../../server/core/health/finding.ts'
import { stepName } from '../../web/pages/health/words.ts'

test('every step of a check has words of its own on the page', () => {
  const names = STEPS.map(stepName)
  expect(names.filter((name) => !/^[A-Z].* /.test(name))).toEqual([])
  expect(new Set(names).size).toBe(STEPS.length)
})

test('a step that is newer than the page is named by its id', () => {
  expect(stepName('quorum')).toBe('quorum')
})

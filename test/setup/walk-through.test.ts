import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeGuide } from '../../server/core/setup/guide.ts'
import { wish } from './wishes.ts'

/** Of each thing that is done by hand to sign in with IAM, the places in the third column of the guide's table. */
const rows = [
  ...readFileSync('docs/GUIDE.md', 'utf8').matchAll(/^\| (\d+) +\| .+ \| (.+) \|$/gm),
].map(([, number, places]) => ({ number: Number(number), places: places!.trim() }))
const pages = readFileSync('web/routes.ts', 'utf8')
const steps = makeGuide(wish()).steps.map(({ id }) => id)

test('each of the 26 things of the walk-through has its place', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 26 }, (_, n) => n + 1))
})

test.each(rows)('thing $number is where the table says: $places', ({ places }) => {
  for (const place of places.split('; ')) {
    const [page, step] = [...place.matchAll(/`([^`]+)`/g)].map(([, text]) => text!)
    expect(pages).toContain(`page('${page}',`)
    if (step !== undefined) expect(steps).toContain(step)
  }
})

import { expect, test } from 'vitest'
import { Query } from '../../web/lib/query.svelte.ts'

const later = <T>() => {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]))
  return { promise, resolve, reject }
}
const settled = () => new Promise((resolve) => setTimeout(resolve))

test('an answer that a later one overtook is dropped', async () => {
  const [first, second] = [later<string>(), later<string>()]
  const answers = [first, second]
  const query = new Query(() => answers.shift()!.promise)
  void query.load()

  second.resolve('new')
  await settled()
  first.resolve('old')
  await settled()

  expect(query.data).toBe('new')
  expect(query.loading).toBe(false)
})

test('what went wrong is kept beside what was there before, and goes with the next answer', async () => {
  const answers: (() => Promise<string>)[] = [
    () => Promise.resolve('one'),
    () => Promise.reject(new Error('offline')),
    () => Promise.resolve('two'),
  ]
  const query = new Query(() => answers.shift()!())
  await settled()
  await query.load()
  expect([query.data, String(query.error)]).toEqual(['one', 'Error: offline'])

  await query.load()
  expect([query.data, query.error]).toEqual(['two', undefined])
})

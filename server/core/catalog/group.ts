import { text } from './shape-text.ts'
import { type Items, list } from './shape-list.ts'

const group = text({
  about: 'An SSO group, exactly as your provider writes it. Capitals count.',
  examples: ['payments-engineers'],
  longest: 256,
})

/** A list of SSO groups. */
export const groups = (about: string, { filled }: { filled: boolean }) =>
  list(group, { about, example: '[payments-engineers]', filled, identity: (name) => name })

/** The values of a list of which every item could be read; undefined otherwise. */
export function all<T>(items: Items<T> | undefined): T[] | undefined {
  const values = items?.flatMap((item) => (item ? [item.value] : []))
  return values?.length === items?.length ? values : undefined
}

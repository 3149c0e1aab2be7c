import { expect, test } from 'vitest'
import type { Snippet } from '../../server/contract/connection.ts'
import {
  inOrder,
  namesHome,
  placed,
  recentOf,
  withRecent,
} from '../../web/pages/database/clients.ts'

const aSnippet = (client: string, over: Partial<Snippet> = {}): Snippet => ({
  ...{ client, title: client, group: 'terminal', hint: null, warnings: [], parts: [], fields: [] },
  ...{ limit: null, refused: null, file: null },
  ...over,
})
const all = ['psql', 'env', 'fields', 'uri', 'pgpass', 'pgcli', 'psycopg'].map((client) =>
  aSnippet(client, client === 'psycopg' ? { group: 'code' } : {}),
)
const names = (snippets: readonly Snippet[]) => snippets.map(({ client }) => client)

test('the client that was used last comes first, and one that is no more is passed over', () => {
  const recent = withRecent(withRecent(recentOf(null), 'uri'), 'pgcli')
  expect(names(inOrder(all, ['gone', ...recent])).slice(0, 3)).toEqual(['pgcli', 'uri', 'psql'])
  expect(withRecent(recent, 'uri')).toEqual(['uri', 'pgcli'])
  expect(inOrder(all, recent)).toHaveLength(all.length)
})

test('five are in sight, and the chosen one; the others are in their groups', () => {
  const few = placed(all, 'psql')
  expect(names(few.inSight)).toEqual(['psql', 'env', 'fields', 'uri', 'pgpass'])
  expect(few.groups.map(({ label, snippets }) => [label, names(snippets)])).toEqual([
    ['Terminal', ['pgcli']],
    ['Code', ['psycopg']],
  ])
  const more = placed(all, 'psycopg')
  expect(names(more.inSight)).toEqual(['psql', 'env', 'fields', 'uri', 'pgpass', 'psycopg'])
  expect(more.groups.map(({ label }) => label)).toEqual(['Terminal'])
})

test('the home folder is asked for where a form or a file names it', () => {
  const form = (text: string) => aSnippet('x', { fields: [{ label: 'CA', value: { text } }] })
  expect(namesHome(form('~/.latchkey/x.pem'), '')).toBe(true)
  expect(namesHome(form('C:/Users/ada/.latchkey/x.pem'), 'C:\\Users\\ada\\')).toBe(true)
  expect(namesHome(form('orders'), '')).toBe(false)
  expect(namesHome(aSnippet('x', { parts: [{ text: '~/.latchkey/x.pem' }] }), '')).toBe(false)
})

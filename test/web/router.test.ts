import { expect, test } from 'vitest'
import { intercepts, safeReturn } from '../../web/lib/router.svelte.ts'

const here = { origin: 'https://latchkey.example.com', pathname: '/', search: '' }
const click = {
  defaultPrevented: false,
  button: 0,
  metaKey: false,
  ctrlKey: false,
  shiftKey: false,
  altKey: false,
}
const link = {
  target: '',
  origin: here.origin,
  pathname: '/db/orders',
  search: '',
  hash: '',
  hasAttribute: () => false,
}

test('a plain click on a link of ours stays within the page', () => {
  expect(intercepts(click, link, here)).toBe(true)
})

test.each([
  ['with the middle button', { ...click, button: 1 }, link],
  ['with Ctrl', { ...click, ctrlKey: true }, link],
  ['with Cmd', { ...click, metaKey: true }, link],
  ['with Shift', { ...click, shiftKey: true }, link],
  ['that somebody handled', { ...click, defaultPrevented: true }, link],
  ['on a link to a new tab', click, { ...link, target: '_blank' }],
  ['on a download', click, { ...link, hasAttribute: (name: string) => name === 'download' }],
  ['on another site', click, { ...link, origin: 'https://evil.example' }],
  ['on a file of the server', click, { ...link, pathname: '/api/ca/eu-west-1.pem' }],
  ['on signing in', click, { ...link, pathname: '/auth/login' }],
  ['on a place within the page', click, { ...link, pathname: '/', hash: '#main' }],
])('a click %s is the browser’s', (_what, event, anchor) => {
  expect(intercepts(event, anchor, here)).toBe(false)
})

test.each([
  ['/db/orders?client=psql', '/db/orders?client=psql'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['https://evil.example', '/'],
  ['/api/me', '/'],
  ['/auth/logout', '/'],
  ['', '/'],
])('after signing in, %j leads to %s', (wish, path) => {
  expect(safeReturn(wish, here.origin)).toBe(path)
})

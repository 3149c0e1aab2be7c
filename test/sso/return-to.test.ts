import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { safeReturnTo } from '../../server/core/person/return-to.ts'
import { expectArrival, useSignIn } from './portal.ts'

/** Ways to write an address elsewhere that looks like a path here; EVIL stands for the host. */
// prettier-ignore
const DISGUISES = [
  '//EVIL', '///EVIL', '////EVIL', '/////EVIL/', '//EVIL/..', '//EVIL/%2f..', '//EVIL/%2e%2e',
  '//EVIL?x', '//EVIL#x', '//x@EVIL', '//x:y@EVIL', '//localhost@EVIL', '//localhost:8080@EVIL/',
  '//EVIL:80', '//EVIL:443/x', '//EVIL%00', '//EVIL%23.localhost', '/\\EVIL', '/\\\\EVIL',
  '\\/EVIL', '\\\\EVIL', '\\EVIL', '/\\/EVIL', '//\\EVIL', '\\/\\/EVIL/', '/\\/\\EVIL',
  '///\\;@EVIL', '/\\x@EVIL', '/\t/EVIL', '/\n/EVIL', '/\r/EVIL', '/\r\n/EVIL', '\t//EVIL',
  '\n//EVIL', ' //EVIL', '/ /EVIL', '/\t\\EVIL', '\t/\t/EVIL', '/\u0000/EVIL', '\u0000//EVIL',
  '/\v/EVIL', '/\f/EVIL', '/\u001f/EVIL', '\u001f//EVIL', '/\u007f/EVIL', '/\u0085/EVIL',
  '/\u00a0/EVIL', '/\u2028/EVIL', '/\u2029/EVIL', '/\u200b/EVIL', '/\u00ad/EVIL', '/\ufeff/EVIL',
  '/\u3000/EVIL', '/%09/EVIL', '/%0a/EVIL', '/%0d/EVIL', '/%0d%0a/EVIL', '/%00/EVIL', '/%0b/EVIL',
  '/%0c/EVIL', '/%1f/EVIL', '/%7f/EVIL', '%09//EVIL', '%0a//EVIL', '%00//EVIL', '/%2f/EVIL',
  '/%2fEVIL', '/%2FEVIL', '/%5cEVIL', '/%5CEVIL', '%2f%2fEVIL', '/%2f%2fEVIL', '%5c%5cEVIL',
  '/%5c/EVIL', '/%252fEVIL', '/%252f%252fEVIL', '/%255cEVIL', '/%25%32%66EVIL', '/%c0%afEVIL',
  '/%e0%80%afEVIL', '/%u002fEVIL', '/%ef%bc%8fEVIL', '/.//EVIL', '/..//EVIL', '/././/EVIL',
  '/.//./EVIL', '/a/..//EVIL', '/a/../..//EVIL', '/a/b/../..//EVIL', '/%2e//EVIL',
  '/%2e%2e//EVIL', '/.%2e//EVIL', '/a/%2e%2e//EVIL', '/.\\EVIL', '/..\\EVIL', '/./\\EVIL',
  '/a//EVIL', '/a/..;//EVIL', '/;//EVIL', '/.;//EVIL', '/./%2fEVIL', '/../%2fEVIL', '/.%2fEVIL',
  '/..%2fEVIL', '/%2e%2fEVIL', '/%2e%2e%2fEVIL', '/a/..%2f%2fEVIL', '/.%5cEVIL', '/..%5cEVIL',
  '/a/%2e%2e/%2fEVIL', 'http://EVIL', 'https://EVIL', 'HTTPS://EVIL', 'http:/EVIL', 'http:\\EVIL',
  'https:EVIL', 'http:EVIL', 'https:///EVIL', 'https:\\\\EVIL', 'ht\ntps://EVIL', ' https://EVIL',
  '\thttps://EVIL', 'https://localhost@EVIL', 'https://localhost:8080.EVIL', 'ftp://EVIL',
  'ws://EVIL', 'javascript:alert(1)', 'JavaScript:alert(1)', 'java\nscript:alert(1)',
  '\tjavascript:alert(1)', '/javascript:alert(1)//\\EVIL',
  'data:text/html,<script>alert(1)</script>', 'vbscript:x', 'blob:https://EVIL/x',
  'file:///etc/passwd', 'view-source:https://EVIL', 'about:blank', 'mailto:a@EVIL', '／／EVIL',
  '/／EVIL', '／/EVIL', '⁄⁄EVIL', '/⁄EVIL', '∕∕EVIL', '/＼EVIL', '＼＼EVIL', '/⧵EVIL', '〱EVIL',
  '/。/EVIL', '//EVIL。com', '//ⓔⓥⓘⓛ.com', '//xn--EVIL', 'EVIL', '.EVIL', '@EVIL', ':EVIL',
  ':80//EVIL', '?//EVIL', '#//EVIL', './/EVIL', '..//EVIL', './EVIL', '~EVIL', ';//EVIL',
  '&//EVIL', '=//EVIL', '/#//EVIL', '/a#@EVIL', '/a?next=//EVIL', '/?//EVIL', '/a?b=https://EVIL',
  '/<>//EVIL', '/"EVIL', "/'//EVIL", '/`EVIL', '/{EVIL}', '/|EVIL', '/^EVIL', '/[EVIL]',
  '//[::1]', '//[EVIL', '//0x7f000001', '//2130706433', '//127.1', '//017700000001',
  '/a\r\nSet-Cookie: x=1', '/a\nLocation: https://EVIL', '/a%0d%0aSet-Cookie:%20x=1',
  '/a\r\n\r\n<script>', '/%E5%98%8A%E5%98%8DSet-Cookie:x', '/\u560a\u560dLocation:EVIL', '', ' ',
  '/%', '/%zz', '/%e', '/a%2', '/..', '/.', '/a/..', '/a/.', '/a/./b', '/%2e', '/%2E%2e/',
  '/.%2e/', '//', '///', '/\\', '\\', '/a/../b', '/auth', '/auth/', '/auth/login',
  '/auth/login?returnTo=/', '/auth/callback?code=x', `/${'a'.repeat(512)}`,
]
const PAYLOADS = DISGUISES.map((disguise) => disguise.replaceAll('EVIL', 'evil.example'))

const HERE = 'https://portal.example'

/** What a browser makes of it, judged by the same rules as the browser's own parser. */
function staysHere(path: string): boolean {
  const url = new URL(path, `${HERE}/auth/callback`)
  return url.origin === HERE && url.username === '' && !url.pathname.startsWith('//')
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

describe('B-12 an open redirect', () => {
  test('the list is long enough', () => expect(new Set(PAYLOADS).size).toBeGreaterThan(200))

  test.each(PAYLOADS.map((payload) => ({ payload })))('$payload', ({ payload }) => {
    const once = decoded(payload)
    for (const text of [
      payload,
      once,
      decoded(once),
      encodeURI(payload),
      `${payload}/x`,
      `${payload}?x=1`,
    ]) {
      const to = safeReturnTo(text)
      // Nothing in between: the very text, or the front page.
      expect(['/', text]).toContain(to)
      for (const seen of [to, decoded(to), decoded(decoded(to))])
        expect(staysHere(seen), JSON.stringify(seen)).toBe(true)
    }
  })

  test.each([
    undefined,
    null,
    5,
    true,
    {},
    ['/a'],
    ['//evil.example'],
    () => '/a',
    new URL('https://evil.example'),
  ])('what is no text (%o) is the front page', (value) => expect(safeReturnTo(value)).toBe('/'))

  test('whatever one can think of stays here, or is the front page', () => {
    const nasty = fc.string({
      unit: fc.constantFrom(...'//\\\\..%25fFcC09aA@:?#; \t\r\n\u0000e／'),
      maxLength: 24,
    })
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: 'grapheme' }), fc.webUrl()), (text) => {
        for (const value of [text, `/${text}`, `/databases/${text}`]) {
          const to = safeReturnTo(value)
          expect(['/', value]).toContain(to)
          expect(staysHere(to)).toBe(true)
          expect(staysHere(decoded(to))).toBe(true)
        }
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('B-13 what is accepted is used as it is', () => {
  test.each([
    '/',
    '/databases',
    '/databases/orders',
    '/databases/orders-2.eu_west',
    '/access?state=active',
    '/databases?q=a%20b&tag=x',
    '/audit?from=2026-01-01T00:00:00Z',
    '/a%C3%A9',
    '/a:b',
    '/a@b',
    '/authors',
    '/a?b?c',
    '/?q=%2F%2Fx',
    '/a?next=%0d',
    `/${'a'.repeat(511)}`,
  ])('%s', (path) => expect(safeReturnTo(path)).toBe(path))
})

describe('on the way through the portal', () => {
  const used = useSignIn()

  test.each([
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/.//evil.example', '/'],
    ['https://evil.example', '/'],
    ['/a\r\nSet-Cookie: x=1', '/'],
    ['/databases?q=a%20b', '/databases?q=a%20b'],
  ])('%j leads to %s', async (returnTo, arrivedAt) => {
    await expectArrival(used.portal, await used.portal.browser().signIn(returnTo), arrivedAt)
  })

  test('given twice it counts for nothing', async () => {
    const browser = used.portal.browser()
    const begun = await browser.get('/auth/login?returnTo=/a&returnTo=/b')
    const callback = `/auth/callback?${used.evil.authorize(String(begun.headers.location))}`
    await expectArrival(used.portal, await browser.get(callback), '/')
  })
})

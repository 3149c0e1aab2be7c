import { Compile } from 'typebox/compile'
import { afterEach, describe, expect, test } from 'vitest'
import { ConnectionWish } from '../../server/contract/connection.ts'
import { guessSystem, SHELLS, Way } from '../../web/pages/database/way.svelte.ts'

const writer = { name: 'writer', dial: { port: 5432 } }
const aWay = () => new Way('orders', writer)
afterEach(() => localStorage.clear())

describe('how one connects', () => {
  test.each([
    ['Win32', 'windows'],
    ['MacIntel', 'macos'],
    ['iPhone', 'macos'],
    ['Linux x86_64', 'linux'],
    ['', 'linux'],
  ])('on %s is guessed to be %s', (platform, system) => {
    expect(guessSystem(platform)).toBe(system)
  })

  test('is remembered in this browser, the shell with its system and the tunnel with its endpoint', () => {
    const way = aWay()
    way.setSystem('windows')
    way.setShell('cmd')
    way.setSystem('linux')
    expect(way.shell).toBe('posix')
    way.setSystem('windows')
    way.setHome(' C:\\Users\\ada ')
    way.setTunnel({ tunnel: true, host: 'bastion.example.com', port: '6543' })

    const later = aWay()
    expect(later.wish).toEqual({
      ...{ endpoint: 'writer', shell: 'cmd', system: 'windows', home: 'C:\\Users\\ada' },
      ...{ dialHost: 'bastion.example.com', dialPort: '6543' },
    })
    expect(new Way('orders', { ...writer, name: 'reader' }).tunnel).toBe(false)
  })

  test('what was kept and makes no sense any more is passed over', () => {
    localStorage.setItem('latchkey.system', 'plan9')
    localStorage.setItem('latchkey.shell.linux', 'cmd')
    const way = aWay()
    expect(SHELLS[way.system].map(({ value }) => value)).toContain(way.shell)
  })

  test('a tunnel begins at this computer, with the port of the database', () => {
    const way = aWay()
    way.setTunnel({ tunnel: true })
    expect(way.wish).toMatchObject({ dialHost: '127.0.0.1', dialPort: '5432' })
  })

  test.each([
    [{ host: '' }, 'host'],
    [{ host: 'a b' }, 'host'],
    [{ host: '$(id)' }, 'host'],
    [{ host: '-x' }, 'host'],
    [{ port: '' }, 'port'],
    [{ port: '0' }, 'port'],
    [{ port: '65536' }, 'port'],
    [{ port: '5e3' }, 'port'],
  ])('a tunnel with %o is refused with what is wrong, and not kept', (change, word) => {
    const way = aWay()
    way.setTunnel({ tunnel: true })
    way.setTunnel(change)
    expect(way.problem).toContain(word)
    expect(way.wish).not.toHaveProperty('dialHost')
    expect(aWay().problem).toBeUndefined()
  })

  test('what the page lets pass the portal takes', () => {
    const accepted = Compile(ConnectionWish)
    const hosts = [
      '::1',
      '[::1]',
      'a',
      'a.',
      'A-b_c.d',
      '1',
      '.a',
      'ü',
      'a\n',
      ':',
      'a'.repeat(254),
    ]
    const ports = ['1', '65535', '00', '99999', '6 5', '１', '+1', '65_535']
    const homes = [
      '/home/ada',
      '/',
      'C:\\x',
      'c:/x',
      'C:x',
      '~',
      'home',
      `/${'x'.repeat(200)}`,
      '/a\tb',
    ]
    const all = Array.from({ length: 24 }, (_, at) =>
      [hosts, ports, homes].map((of) => of[at % of.length]!),
    )
    for (const [host = '', port = '', home = ''] of all) {
      const way = aWay()
      way.setHome(home)
      for (const tunnel of [
        { host, port: '1' },
        { host: 'a', port },
      ]) {
        way.setTunnel({ tunnel: true, ...tunnel })
        expect(accepted.Check({ ...way.wish }), JSON.stringify(way.wish)).toBe(true)
      }
    }
  })
})

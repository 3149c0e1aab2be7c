import type { ConnectionWish, Shell, System } from '../../../server/contract/connection.ts'
import { stored } from '../../lib/stored.ts'

export const SYSTEMS: { value: System; label: string }[] = [
  { value: 'linux', label: 'Linux' },
  { value: 'macos', label: 'macOS' },
  { value: 'windows', label: 'Windows' },
]

const POSIX = { value: 'posix', label: 'bash, zsh' } as const
const FISH = { value: 'fish', label: 'fish' } as const
const POWERSHELL = { value: 'powershell', label: 'PowerShell' } as const
export const SHELLS: Record<System, { value: Shell; label: string }[]> = {
  linux: [POSIX, FISH, POWERSHELL],
  macos: [POSIX, FISH, POWERSHELL],
  windows: [
    POWERSHELL,
    { value: 'cmd', label: 'cmd' },
    { value: 'posix', label: 'bash (Git, WSL)' },
  ],
}

const HOST = /^([a-z0-9]([a-z0-9_.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*)$/i
const HOME = /^(\/|[A-Za-z]:[\\/])\P{Cc}{0,190}$/u

/** What the browser says of the computer it runs on; `platform` is old, and everywhere. */
export function guessSystem(platform: string): System {
  if (/win/i.test(platform)) return 'windows'
  return /mac|iphone|ipad/i.test(platform) ? 'macos' : 'linux'
}

const knownSystem = (text: string | null) => SYSTEMS.find(({ value }) => value === text)?.value
const knownShell = (system: System, text: string | null) =>
  SHELLS[system].find(({ value }) => value === text)?.value ?? SHELLS[system][0]!.value

/** How somebody connects from this browser's computer to one endpoint. All of it is remembered here, and none of it is a secret. */
export class Way {
  system = $state<System>('linux')
  shell = $state<Shell>('posix')
  home = $state('')
  tunnel = $state(false)
  host = $state('')
  port = $state('')
  #place: string
  #endpoint: string

  /** Why there is nothing to connect with as things stand. */
  problem = $derived.by(() => {
    if (!this.tunnel) return undefined
    if (!HOST.test(this.host) || this.host.length > 253)
      return 'The host of the tunnel is a host name or an IP address.'
    if (!/^[1-9]\d{0,4}$/.test(this.port) || Number(this.port) > 65_535)
      return 'The port of the tunnel is a number from 1 to 65535.'
    return undefined
  })
  homeProblem = $derived(
    this.home && !HOME.test(this.home)
      ? 'An absolute path, such as /home/ada or C:\\Users\\ada.'
      : undefined,
  )
  wish = $derived.by((): ConnectionWish => ({
    endpoint: this.#endpoint,
    shell: this.shell,
    system: this.system,
    ...(this.home && !this.homeProblem && { home: this.home }),
    ...(this.tunnel && !this.problem && { dialHost: this.host, dialPort: this.port }),
  }))

  /** `dial` is where the catalog says to connect: what a tunnel's port most likely is. */
  constructor(database: string, endpoint: { name: string; dial: { port: number } }) {
    this.#endpoint = endpoint.name
    this.#place = `tunnel.${database}.${endpoint.name}`
    this.system = knownSystem(stored.read('system')) ?? guessSystem(navigator.platform)
    this.shell = knownShell(this.system, stored.read(`shell.${this.system}`))
    this.home = stored.read('home') ?? ''
    const [state, host, port] = (stored.read(this.#place) ?? '').split(' ')
    this.tunnel = state === 'on'
    this.host = host ?? '127.0.0.1'
    this.port = port ?? String(endpoint.dial.port)
  }

  setSystem(system: System) {
    this.system = system
    stored.write('system', system)
    this.shell = knownShell(system, stored.read(`shell.${system}`))
  }

  setShell(shell: Shell) {
    this.shell = shell
    stored.write(`shell.${this.system}`, shell)
  }

  setHome(home: string) {
    this.home = home.trim()
    if (!this.homeProblem) stored.write('home', this.home)
  }

  setTunnel(change: { tunnel?: boolean; host?: string; port?: string }) {
    this.tunnel = change.tunnel ?? this.tunnel
    this.host = change.host?.trim() ?? this.host
    this.port = change.port?.trim() ?? this.port
    if (!this.problem)
      stored.write(this.#place, `${this.tunnel ? 'on' : 'off'} ${this.host} ${this.port}`)
  }
}

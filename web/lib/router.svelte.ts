import type { Component } from 'svelte'

export type Audience = 'everyone' | 'person' | 'auditor' | 'administrator'
type Page = Component<Record<string, never>>
export type Route = {
  path: string
  audience: Audience
  load: () => Promise<{ default: Page }>
}
type Match = { route: Route; params: Record<string, string> }

/** The history API, pages that load when they are needed, and nothing else. The last route is the one for "not found". */
export class Router {
  path = $state(location.pathname)
  search = $state(location.search)
  params = $state.raw<Record<string, string>>({})
  audience = $state<Audience>('everyone')
  page = $state.raw<Page>()
  /** A page could not be loaded: most often because a newer version is installed. */
  broken = $state(false)
  /** Called after another page is shown, not when only the query string changes. */
  onnavigate = () => {}

  #routes: { route: Route; pattern: RegExp }[]
  #fallback: Route
  #loads = new Map<Route, Promise<Page>>()
  #scrolls = new Map<string, number>()
  #entry = 'first'
  #latest = 0

  constructor(routes: Route[], fallback: Route) {
    this.#routes = routes.map((route) => ({ route, pattern: compile(route.path) }))
    this.#fallback = fallback
    this.audience = this.#match(location.pathname).route.audience
  }

  start() {
    history.scrollRestoration = 'manual'
    history.replaceState({ entry: this.#entry }, '')
    addEventListener('popstate', this.#back)
    document.addEventListener('click', this.#click)
    document.addEventListener('pointerover', this.#hover)
    return this.#show(0)
  }

  stop() {
    removeEventListener('popstate', this.#back)
    document.removeEventListener('click', this.#click)
    document.removeEventListener('pointerover', this.#hover)
  }

  go(href: string, options: { replace?: boolean } = {}) {
    this.#scrolls.set(this.#entry, scrollY)
    if (!options.replace) this.#entry = crypto.randomUUID()
    const state = { entry: this.#entry }
    if (options.replace) history.replaceState(state, '', href)
    else history.pushState(state, '', href)
    return this.#show(0)
  }

  query(name: string) {
    return new URLSearchParams(this.search).get(name) ?? ''
  }

  /** Sets parts of the query string in place; an empty value takes its part away. */
  setQuery(changes: Record<string, string>) {
    const query = new URLSearchParams(this.search)
    for (const [name, value] of Object.entries(changes)) {
      if (value) query.set(name, value)
      else query.delete(name)
    }
    this.search = query.size ? `?${query}` : ''
    try {
      history.replaceState({ entry: this.#entry }, '', this.path + this.search)
    } catch {
      // Some browsers refuse many changes in a short time; the page itself follows `search`
    }
  }

  async #show(scroll: number) {
    const call = ++this.#latest
    const { pathname, search } = location
    const { route, params } = this.#match(pathname)
    const isOther = this.page && pathname !== this.path
    try {
      const page = await this.#load(route)
      if (call !== this.#latest) return
      this.path = pathname
      this.search = search
      this.params = params
      this.audience = route.audience
      this.page = page
      this.broken = false
    } catch {
      if (call === this.#latest) this.broken = true
      return
    }
    if (!isOther) return
    this.onnavigate()
    requestAnimationFrame(() => scrollTo(0, scroll))
  }

  #match(pathname: string): Match {
    for (const { route, pattern } of this.#routes) {
      const found = pattern.exec(pathname)
      if (found) return { route, params: decodeAll(found.groups ?? {}) }
    }
    return { route: this.#fallback, params: {} }
  }

  #load(route: Route) {
    const known = this.#loads.get(route)
    if (known) return known
    const load = route.load().then((module) => module.default)
    this.#loads.set(route, load)
    // A load that failed may work the next time
    load.catch(() => this.#loads.delete(route))
    return load
  }

  #back = (event: PopStateEvent) => {
    this.#scrolls.set(this.#entry, scrollY)
    const state: unknown = event.state
    this.#entry =
      typeof state === 'object' && state && 'entry' in state ? String(state.entry) : 'first'
    void this.#show(this.#scrolls.get(this.#entry) ?? 0)
  }

  #click = (event: MouseEvent) => {
    const anchor = anchorOf(event)
    if (!anchor || !intercepts(event, anchor, location)) return
    event.preventDefault()
    void this.go(anchor.pathname + anchor.search)
  }

  #hover = (event: Event) => {
    const anchor = anchorOf(event)
    if (!anchor || anchor.origin !== location.origin || isServers(anchor.pathname)) return
    this.#load(this.#match(anchor.pathname).route).catch(() => {})
  }
}

/** Whether a click on a link stays within the page. What opens a tab, downloads, or belongs to the server does not. */
export function intercepts(
  click: Pick<
    MouseEvent,
    'defaultPrevented' | 'button' | 'metaKey' | 'ctrlKey' | 'shiftKey' | 'altKey'
  >,
  anchor: Pick<HTMLAnchorElement, 'target' | 'origin' | 'pathname' | 'search' | 'hash'> & {
    hasAttribute(name: string): boolean
  },
  here: Pick<Location, 'origin' | 'pathname' | 'search'>,
) {
  if (click.defaultPrevented || click.button !== 0) return false
  if (click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return false
  if ((anchor.target && anchor.target !== '_self') || anchor.hasAttribute('download')) return false
  if (anchor.origin !== here.origin || isServers(anchor.pathname)) return false
  const isSamePage = anchor.pathname === here.pathname && anchor.search === here.search
  return !(anchor.hash && isSamePage)
}

/**
 * A path of this portal to go to after signing in, or `/`.
 * Another origin never passes, however it is written; the server checks again.
 */
export function safeReturn(wish: string, origin: string = location.origin) {
  if (!wish.startsWith('/') || !URL.canParse(wish, origin)) return '/'
  const url = new URL(wish, origin)
  if (url.origin !== origin || isServers(url.pathname)) return '/'
  return url.pathname + url.search
}

const isServers = (pathname: string) => /^\/(api|auth|helper)\//.test(pathname)

function anchorOf(event: Event) {
  const target = event.target
  return target instanceof Element ? target.closest<HTMLAnchorElement>('a[href]') : null
}

/** `/db/:name` → a pattern with the group `name`. A slash at the end changes nothing. */
function compile(path: string) {
  const source = path.replace(/\/$/, '').replace(/:(\w+)/g, '(?<$1>[^/]+)')
  return new RegExp(`^${source}/?$`)
}

function decodeAll(groups: Record<string, string>) {
  const decoded: Record<string, string> = {}
  for (const [name, value] of Object.entries(groups)) decoded[name] = decode(value)
  return decoded
}

function decode(text: string) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // A stray percent sign: there is no such page, and it says so
  }
}

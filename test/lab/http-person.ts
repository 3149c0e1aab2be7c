type Cookie = { name: string; value: string; path: string }

/**
 * A person without a browser: keeps cookies as one does for `localhost`, follows redirects, presses a button.
 * For tests that need a session; what a page does is for a real browser to show.
 */
export class HttpPerson {
  #cookies: Cookie[] = []

  /** Follows redirects to their end. */
  async visit(url: string, init: RequestInit = {}): Promise<{ response: Response; text: string }> {
    let [next, options] = [url, init]
    for (let steps = 0; steps < 15; steps += 1) {
      const response = await this.request(next, options)
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || location === null) {
        return { response, text: await response.text() }
      }
      await response.body?.cancel()
      next = new URL(location, next).href
      // A form that was answered with a redirect is not sent again.
      options = {}
    }
    throw new Error(`${url} redirects without end`)
  }

  /** One request with this person's cookies; redirects are answers. */
  async request(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const cookie = this.#cookiesFor(new URL(url).pathname)
    if (cookie) headers.set('cookie', cookie)
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  /** Signs in at the portal as one of the lab's people. @returns where that ended */
  async signIn(portal: string, sub: string, returnTo = '/') {
    const start = `${portal}/auth/login?returnTo=${encodeURIComponent(returnTo)}`
    const { response, text } = await this.visit(start)
    const action = /<form method="post" action="([^"]+)"/.exec(text)?.[1]
    if (action === undefined)
      throw new Error(`no sign-in page, but ${response.status}: ${text.slice(0, 500)}`)
    return this.visit(new URL(action, response.url).href, {
      method: 'POST',
      body: new URLSearchParams({ sub }),
    })
  }

  /** A call of the portal's own page: JSON, from the same origin. */
  call(portal: string, path: string, method = 'GET', body?: object): Promise<Response> {
    const headers = { origin: portal, 'sec-fetch-site': 'same-origin', accept: 'application/json' }
    if (body === undefined) return this.request(portal + path, { method, headers })
    return this.request(portal + path, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }

  #cookiesFor(path: string): string {
    return this.#cookies
      .filter((cookie) => path.startsWith(cookie.path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/; */)
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) || '/'
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice(8)
    const ended =
      value === '' ||
      attributes.some((attribute) => /^max-age=(0|-\d+)$/i.test(attribute)) ||
      (expires !== undefined && Date.parse(expires) < Date.now())
    this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name || cookie.path !== path)
    if (!ended) this.#cookies.push({ name, value, path })
  }
}

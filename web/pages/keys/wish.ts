/** What a terminal asks for by the address it opened. `port` is where it listens on this computer; null where it cannot. */
export type Wish = { name: string; challenge: string; state: string; port: number | null }

/** Null where the address is not one that the helper makes: then nothing is offered. */
export function wishOf(search: string): Wish | null {
  const query = new URLSearchParams(search)
  const of = (name: string) => query.get(name) ?? ''
  const [challenge, state, port, name] = [of('challenge'), of('state'), of('port'), of('name')]
  const isWhole = /^[\w-]{43}$/.test(challenge) && /^[\w-]{22,64}$/.test(state)
  if (!isWhole || !/^[\w .-]{1,64}$/.test(name) || name.trim() === '') return null
  if (port === '') return { name, challenge, state, port: null }
  // Below 1024 only services of the computer listen, and none of them is the helper.
  const number = Number(port)
  return /^\d{4,5}$/.test(port) && number > 1023 && number < 65_536
    ? { name, challenge, state, port: number }
    : null
}

/** Where the browser brings the code: to this computer and nowhere else (RFC 8252 §7.3, §8.3). */
export const loopback = (port: number, code: string, state: string) =>
  `http://127.0.0.1:${port}/?${new URLSearchParams({ code, state })}`

/**
 * The two cookies of the portal. Both hold a random key and nothing else.
 * `__Host-`: only this host, over TLS or on localhost, can have set them (OWASP ASVS 5.0 3.3.1 to 3.3.4).
 * Lax, not Strict: the way back from the provider is a navigation from another site.
 */
export const SESSION_COOKIE = '__Host-session'
/** Names the browser while it signs in; all its tabs share it, so that two sign-ins at once both arrive. */
export const SIGN_IN_COOKIE = '__Host-signin'

const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' } as const

/** Ages in seconds: 10 hours and 10 minutes, as the store keeps what the keys open. */
export const sessionCookie = { ...attributes, maxAge: 36_000 } as const
export const signInCookie = { ...attributes, maxAge: 600 } as const
/** A cookie goes only when its attributes are those it was set with. */
export const clearedCookie = { ...attributes, maxAge: 0 } as const

/** 256 random bits as base64url; what a cookie holds is looked at only when it has this shape. */
export const isKey = (value: string | undefined): value is string =>
  value !== undefined && /^[\w-]{43}$/.test(value)

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DomainError } from '../core/error.ts'

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  // Svelte's own policy for its templates (5.51 and later).
  'trusted-types svelte-trusted-html',
  'report-to csp',
  'report-uri /api/csp-report',
]

const NOT_USED =
  'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=(), browsing-topics=()'

/** On every response, errors included. Scored with the MDN HTTP Observatory: A+. */
export function securityHeaders(secure: boolean): Record<string, string> {
  return {
    'content-security-policy': [...POLICY, ...(secure ? ['upgrade-insecure-requests'] : [])].join(
      '; ',
    ),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'x-frame-options': 'DENY',
    'permissions-policy': NOT_USED,
    'reporting-endpoints': 'csp="/api/csp-report"',
    'cache-control': 'no-store',
    // Only over TLS: browsers ignore it elsewhere, and plain http on localhost must not claim it.
    ...(secure && { 'strict-transport-security': 'max-age=63072000; includeSubDomains; preload' }),
  }
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Headers, the one host name we answer to, and the check that a change was asked for by a page of ours. */
export function secure(
  app: FastifyInstance,
  publicUrl: string,
): (reply: FastifyReply) => FastifyReply {
  const { host, origin, protocol } = new URL(publicUrl)
  const headers = securityHeaders(protocol === 'https:')
  const dress = (reply: FastifyReply) => reply.headers(headers)

  app.addHook('onRequest', async (request, reply) => {
    dress(reply)
    // Probes come to an address, not to a name.
    if (request.headers.host !== host && !request.routeOptions.config.probe) throw misdirected(host)
    const { acceptsReports, acceptsPrograms } = request.routeOptions.config
    if (!SAFE.has(request.method) && !acceptsReports && !acceptsPrograms)
      requireOwnPage(request, origin)
  })
  return dress
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Health probes: any host name will do. */
    probe?: boolean
  }
}

const misdirected = (host: string) =>
  Object.assign(new Error(`This is ${host}`), { statusCode: 421, code: 'MISDIRECTED' })

/** Cross-site request forgery: Fetch Metadata where the browser sends it, else Origin (OWASP ASVS 5.0 3.5.1). */
function requireOwnPage(request: FastifyRequest, origin: string): void {
  const site = request.headers['sec-fetch-site']
  const own =
    request.headers.origin === origin || (!request.headers.origin && site === 'same-origin')
  if (!own || (site !== undefined && site !== 'same-origin'))
    throw new DomainError('forbidden', 'This request did not come from a page of the portal.', {
      reason: 'cross_site',
      mend: `Open ${origin} and do it there.`,
    })
}

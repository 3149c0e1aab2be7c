import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from '../core/error.ts'

/**
 * The built pages. Three rules: hashed assets never change, the shell is never kept,
 * and a file that is missing is missing: it never becomes the shell.
 */
export async function servePages(app: FastifyInstance, root: string): Promise<void> {
  await app.register(fastifyStatic, {
    root,
    decorateReply: false,
    index: false,
    wildcard: false,
    dotfiles: 'ignore',
    preCompressed: true,
    cacheControl: false,
    etag: true,
    setHeaders: (reply, path) => {
      if (/\/assets\/[^/]+$/.test(path))
        reply.setHeader('cache-control', 'public, max-age=31536000, immutable')
    },
  })
}

/** Lets the handler of what is not found, which belongs to no scope, send the shell. It serves nothing by itself. */
export async function knowShell(app: FastifyInstance, root: string): Promise<void> {
  await app.register(fastifyStatic, {
    root,
    serve: false,
    preCompressed: true,
    cacheControl: false,
  })
}

/** Paths of the single page go to the shell; everything else is absent. */
export function pageOrNotFound(request: FastifyRequest, reply: FastifyReply) {
  const path = request.url.split('?')[0] ?? ''
  const isPage =
    (request.method === 'GET' || request.method === 'HEAD') &&
    !/^\/(api|auth|assets)(\/|$)/.test(path) &&
    !/\.[^/]*$/.test(path) &&
    (request.headers.accept ?? '').includes('text/html')
  if (!isPage) throw notFound()
  return reply.sendFile('index.html')
}

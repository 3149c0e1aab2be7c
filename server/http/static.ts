import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from '../core/error.ts'

/**
 * The built pages. Three rules: hashed assets never change, the shell is never kept,
 * and a file that is missing is missing: it never becomes the shell.
 */
export async function servePages(app: FastifyInstance, root: string): Promise<void> {
  await app.register(async (files) => {
    files.addHook('onSend', async (request, reply) => {
      if (request.url.startsWith('/assets/') && reply.statusCode < 400)
        reply.header('cache-control', 'public, max-age=31536000, immutable')
    })
    await files.register(fastifyStatic, {
      root,
      decorateReply: false,
      index: false,
      wildcard: false,
      dotfiles: 'ignore',
      preCompressed: true,
      cacheControl: false,
      etag: true,
    })
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

/** A path as the page's own routes write them: no dot at the front of anything, a dot only in a name below the first part. */
const PAGE = /^\/(?:(?!(?:api|auth|assets)(?:\/|$))[\w-]+(?:\/[\w-][\w.-]*)*\/?)?$/i

/** Paths of the single page go to the shell; everything else is absent. */
export function pageOrNotFound(request: FastifyRequest, reply: FastifyReply) {
  const path = request.url.split('?')[0] ?? ''
  const asked = request.method === 'GET' || request.method === 'HEAD'
  if (!asked || !PAGE.test(path) || !(request.headers.accept ?? '').includes('text/html'))
    throw notFound()
  return reply.sendFile('index.html')
}

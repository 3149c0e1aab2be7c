import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** Where a request came from. What a proxy passed on unread is no address, and goes into no log: its own is the nearest. */
export const addressOf = ({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string =>
  isIP(ip) === 0 ? (socket.remoteAddress ?? '') : ip

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Problem } from '../../contract/problem.ts'

/** The helper for terminals, as it is before it knows its portal. */
export type HelperTexts = { sh: string; ps1: string }

/** Public: it holds an address and no secret, and is fetched with curl by whoever has no key yet. */
export const helper =
  (scripts: ReturnType<typeof helperScripts>): FastifyPluginAsyncTypebox =>
  async (app) => {
    for (const { name, content } of scripts)
      app.get(`/${name}`, {
        schema: {
          summary: `The helper for terminals, which knows this portal: ${name}`,
          response: { 200: Type.String(), default: Problem },
        },
        handler: async (_request, reply) =>
          reply
            .type('text/plain; charset=utf-8')
            .header('content-disposition', `attachment; filename="${name}"`)
            .send(content),
      })
  }

/** Both scripts, with the address of the portal in them. */
export function helperScripts({ sh, ps1 }: HelperTexts, publicUrl: string) {
  const place = new URL(publicUrl).host.replace(/[^A-Za-z0-9.-]/g, '_')
  const filled = (text: string, quote: (text: string) => string) =>
    text.replaceAll('@PORTAL@', () => quote(publicUrl)).replaceAll('@PLACE@', () => quote(place))
  return [
    { name: 'latchkey', content: filled(sh, posixWord) },
    { name: 'latchkey.ps1', content: filled(ps1, psWord) },
  ]
}

/** Always quoted, whatever it is: what stands there is the operator's text. */
const posixWord = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
const psWord = (text: string) => `'${text.replaceAll("'", "''")}'`

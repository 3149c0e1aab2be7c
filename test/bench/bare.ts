import Fastify from 'fastify'

/** A bare Fastify route with an answer as long as a token's: what HTTP alone costs. */
const app = Fastify()
const answer = { token: 'x'.repeat(1_459), forms: Array(3).fill('y'.repeat(1_500)) }
app.post('/api/grants/:id/tokens', async (_request, reply) => reply.code(201).send(answer))
await app.listen({ host: '127.0.0.1', port: 0 })
const address = app.server.address()
process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })

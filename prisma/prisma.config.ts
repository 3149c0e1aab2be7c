import { fileURLToPath } from 'node:url'
import { defineConfig } from 'prisma/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// The CLI asks for its engine before every command and would fetch it.
// `generate` never runs it, and migrations are applied by server/store/migrate.ts: any executable satisfies the question.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath
process.env.CHECKPOINT_DISABLE ??= '1'

export default defineConfig({
  schema: here('./schema.prisma'),
  migrations: { path: here('./migrations') },
})

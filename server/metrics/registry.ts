import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'

/** A registry of our own, with the process (event loop, memory, garbage, files) and which build it is. */
export function openRegistry(version: string): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'latchkey_build_info',
    help: 'Always 1; the version is its label.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.versions.node }, 1)
  return registry
}

/** The text of one scrape. Scrapers that ask at the same time share one reading: a crowd of them asks the store once. */
export function scrapeOf(registry: Registry, read: () => Promise<void>): () => Promise<string> {
  let running: Promise<string> | undefined
  return () =>
    (running ??= read()
      .then(() => registry.metrics())
      .finally(() => (running = undefined)))
}

import type { CaBundle as Summary, CaContents } from '../contract/ca.ts'
import type { CaBundle } from '../core/trust/ca-bundle.ts'
import { STORE_PASSWORD } from '../core/trust/ca-files.ts'
import { javaImport, javaOptions } from '../core/trust/java-import.ts'

const common = ({ region, sha256, expiresAt, source }: CaBundle) => ({
  region,
  sha256,
  expiresAt: expiresAt.toISOString(),
  source,
})

export const summaryView = (bundle: CaBundle): Summary => ({
  ...common(bundle),
  certificates: bundle.certificates.length,
})

export const contentsView = (bundle: CaBundle): CaContents => ({
  ...common(bundle),
  files: bundle.files().map(({ format, sha256, bytes }) => ({
    name: `${bundle.region}.${format}`,
    format,
    sha256,
    bytes: bytes.length,
    password: format === 'p12' || format === 'jks' ? STORE_PASSWORD : null,
  })),
  java: {
    import: javaImport(`${bundle.region}.p12`),
    options: javaOptions(`/path/to/${bundle.region}.p12`),
  },
  certificates: bundle.certificates.map(({ name, subject, key, sha256, expiresAt }) => ({
    name,
    subject,
    key,
    sha256,
    expiresAt: expiresAt.toISOString(),
  })),
})

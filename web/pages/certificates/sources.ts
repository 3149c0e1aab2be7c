import type { CaBundle } from '../../../server/contract/ca.ts'

/** Where the portal has a bundle from, behind “8 certificates, ”. */
export const SOURCES: Record<CaBundle['source'], string> = {
  built_in: 'of Amazon, as they came with the portal',
  accepted: 'of Amazon, as an administrator accepted them',
  file: 'from the file of this installation',
}

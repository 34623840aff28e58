// Run as a process of its own, to be killed: restores argv[2] over argv[3].
import { restoreFile } from './exam.ts'

process.stdout.write('started\n')
await restoreFile(String(process.argv[2]), String(process.argv[3]), { replace: true })

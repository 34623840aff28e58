import { parentPort, workerData } from 'node:worker_threads'
import { checkIntegrity } from './check-integrity.ts'
import { examineFile } from './examine-file.ts'
import { describeFailure } from './job-failure.ts'
import type { Copied, JobName, Jobs, Message } from './jobs.ts'
import { openSource } from './open-database.ts'
import { Patience } from './patience.ts'
import { replaceDatabase } from './replace-database.ts'
import { survey } from './survey.ts'
import { takeSnapshot } from './take-snapshot.ts'

export interface WorkerContext {
  readonly patience: (milliseconds: number) => Patience
  readonly throwIfCancelled: () => void
  readonly copied: (copied: Copied) => void
}

type Work = { [N in JobName]: (input: Jobs[N]['input']) => Jobs[N]['output'] | Promise<Jobs[N]['output']> }

const { name, input, cancelled } = workerData as { name: JobName; input: never; cancelled: Int32Array }

const post = (message: Message) => parentPort?.postMessage(message)

const context: WorkerContext = {
  patience: (milliseconds) => new Patience(milliseconds, cancelled),
  throwIfCancelled() {
    if (Atomics.load(cancelled, 0) !== 0) throw new Error('cancelled')
  },
  copied: (copied) => post({ kind: 'copied', copied }),
}

const work: Work = {
  survey: (job) => survey(job, context),
  snapshot: (job) => takeSnapshot(job, context),
  examine: examineFile,
  integrity({ path, patience }) {
    using db = context.patience(patience).try(() => openSource(path))
    return context.patience(patience).try(() => checkIntegrity(db, 'integrity_check'))
  },
  replace: (job) => replaceDatabase(job, context),
}

try {
  post({ kind: 'done', output: await work[name](input) })
} catch (error) {
  post({ kind: 'failed', failure: describeFailure(error) })
}

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'

/**
 * Who has a file open, such as `php-fpm (pid 12)`, where /proc tells. A connection in rollback-journal mode that is
 * idle holds no lock: it would go on with the file that was replaced, and its next journal, named for the path, could
 * be rolled back into the new one (https://www.sqlite.org/howtocorrupt.html, 2.4). Processes of other users may not be
 * visible.
 */
export async function openElsewhere(path: string): Promise<string | undefined> {
  const file = statSync(path, { bigint: true })
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of entries(`/proc/${pid}/fd`)) {
      const open = `/proc/${pid}/fd/${descriptor}`
      const isIt = tried(() => {
        if (!readlinkSync(open).startsWith('/')) return false
        const { dev, ino } = statSync(open, { bigint: true })
        return dev === file.dev && ino === file.ino
      })
      if (isIt === true)
        return `${tried(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ?? 'a process'} (pid ${pid})`
    }
  }
  return undefined
}

function entries(directory: string): string[] {
  return tried(() => readdirSync(directory)) ?? []
}

/** Processes end, and files close, while they are looked at. */
function tried<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

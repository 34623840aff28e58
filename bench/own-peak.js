/**
 * Imported before a program, it writes the largest resident set of that process alone, in KiB, to the file that
 * BENCH_PEAK_FILE names: what GNU time tells is that of the largest of all processes, such as a server's.
 *
 * JavaScript, because to strip types from it would cost the program under measurement 50 ms and 20 MB of its own.
 */
import { writeFileSync } from 'node:fs'

process.on('exit', () => {
  const file = process.env.BENCH_PEAK_FILE
  if (file) writeFileSync(file, String(process.resourceUsage().maxRSS))
})

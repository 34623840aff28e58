import { type Contender, race } from './race.ts'

/** A table of measured figures, printed at the end as one. */
export class Figures {
  readonly #rows: Record<string, string | number>[] = []

  /** Ours against another program that does the same, in turn, and the most that ours may take as a share of it. */
  async compare(what: string, ours: Contender, theirs: Contender, atMost: number, runs: number): Promise<void> {
    const [mine, other] = await race([ours, theirs], runs)
    this.#rows.push({
      what,
      seconds: mine.seconds.toFixed(3),
      'the other': other.seconds.toFixed(3),
      ratio: (mine.seconds / other.seconds).toFixed(2),
      'at most': atMost,
      'CPU seconds': mine.cpuSeconds.toFixed(2),
      "the other's": other.cpuSeconds.toFixed(2),
      'peak MB': Math.round(mine.peakMb),
    })
  }

  async memory(what: string, contender: Contender, atMostMb: number): Promise<void> {
    const [mine] = await race([contender], 1)
    this.#rows.push({
      what,
      seconds: mine.seconds.toFixed(3),
      'CPU seconds': mine.cpuSeconds.toFixed(2),
      'peak MB': Math.round(mine.peakMb),
      'at most': `${atMostMb} MB`,
    })
  }

  /** Anything that was measured in another way. */
  add(what: string, measured: string, atMost: string): void {
    this.#rows.push({ what, measured, 'at most': atMost })
  }

  print(): void {
    console.table(this.#rows)
  }
}

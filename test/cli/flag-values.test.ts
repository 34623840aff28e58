import assert from 'node:assert/strict'
import { parseByteSize } from '../../src/cli/flags/byte-size.ts'
import { parseDuration } from '../../src/cli/flags/duration.ts'

describe('a span of time', () => {
  for (const [text, milliseconds] of [
    ['90', 90_000],
    ['90s', 90_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ] as const) {
    it(`is ${milliseconds} ms for ${text}`, () => assert.equal(parseDuration(text), milliseconds))
  }
  for (const text of ['', '0', '-1s', '1 s', '1w', 's', '1e3', 'NaN', '25d', '999999999d']) {
    it(`is refused as ${JSON.stringify(text)}`, () => assert.throws(() => parseDuration(text), RangeError))
  }
})

describe('an amount of bytes', () => {
  for (const [text, bytes] of [
    ['512', 512],
    ['512B', 512],
    ['500k', 500_000],
    ['10MB', 10_000_000],
    ['10MB/s', 10_000_000],
    ['1.5 MiB', 1_572_864],
    ['1GiB', 1_073_741_824],
  ] as const) {
    it(`is ${bytes} for ${text}`, () => assert.equal(parseByteSize(text), bytes))
  }
  for (const text of ['', '0', '-1', '1T', 'MB', '1/s/s', '0x10', '0.0001']) {
    it(`is refused as ${JSON.stringify(text)}`, () => assert.throws(() => parseByteSize(text), RangeError))
  }
})

import { lstat as lstatOf } from 'node:fs'
import { promisify } from 'node:util'

/** Takes two thirds of the time of the one of node:fs/promises, and a listing asks thousands of times. */
export const lstat = promisify(lstatOf)

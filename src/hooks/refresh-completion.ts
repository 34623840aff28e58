export { refreshCompletion as default } from '../cli/completion/refresh.ts'

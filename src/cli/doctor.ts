import { processEnvironment } from '../process/config.ts'
import { examine } from '../doctor/examine.ts'
import { countsOf, describeExamination } from '../doctor/report.ts'
import { WrongCall, command } from './command.ts'
import { CAPABILITIES } from '../capabilities.ts'

export const doctor = command({
  name: 'doctor',
  summary: 'go through the checklist before production',
  details: `Checks the settings, and the files, database and running service that they name, and changes
nothing. It calls a running service once in each scope without a credential.
Exits with 1 for a failure, and with --strict also for a warning.`,
  operands: [],
  options: {
    url: {
      type: 'string',
      value: 'origin',
      summary: 'the address of the service, such as https://billing.example.com',
    },
    strict: { type: 'boolean', summary: 'exit with 1 for warnings too' },
  },
  json: true,
  run: async ({ options: { url, strict }, withProgress, look }) => {
    if (url !== undefined && !/^https?:\/\/[^/?#]+\/?$/.test(url)) {
      throw new WrongCall('--url is an origin, such as https://billing.example.com')
    }
    const examined = await withProgress('Going through the checklist', (report) =>
      examine(processEnvironment(), { folder: process.cwd(), url }, CAPABILITIES, report),
    )
    const counts = countsOf(examined)
    return {
      text: describeExamination(examined, look),
      json: {
        status: counts.failure > 0 ? 'failure' : counts.warning > 0 ? 'warning' : 'pass',
        counts,
        checks: examined.flatMap(({ title, lines }) =>
          lines.map((line) => ({ group: title, ...line })),
        ),
      },
      isFinding: counts.failure > 0 || (strict === true && counts.warning > 0),
    }
  },
})

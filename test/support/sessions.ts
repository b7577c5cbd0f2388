import type { Answer, Service } from './service.ts'

/** A browser: it keeps the cookies that it gets, and says where its page is from. */
export function browserOf(service: Service, origin: string | null = service.origin) {
  const kept = new Map<string, string>()
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const cookie = [...kept].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await service.call(method, path, {
      body,
      headers: { ...(cookie !== '' && { cookie }), ...(origin !== null && { origin }) },
    })
    for (const text of answer.headers.getSetCookie()) {
      const [pair = ''] = text.split(';')
      const [name = '', value = ''] = pair.split('=')
      if (value === '') kept.delete(name)
      else kept.set(name, value)
    }
    return answer
  }
  const signIn = (token: string) => call('POST', '/console/session', { token })
  return { call, signIn, kept }
}

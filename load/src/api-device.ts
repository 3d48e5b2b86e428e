/** A device without a browser: logged in, holding one long-poll on the shared feed, as the app does. */
export interface ApiDevice {
  cookie: string;
  stop(): Promise<void>;
}

export async function logIn(app: string, email: string): Promise<string> {
  const answer = await fetch(`${app}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: app },
    body: JSON.stringify({ email, password: 'recado-demo' }),
  });
  if (answer.status !== 204) throw new Error(`${email} could not log in: ${answer.status}`);
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

export async function connectDevice(app: string, email: string): Promise<ApiDevice> {
  const cookie = await logIn(app, email);
  const controller = new AbortController();
  const follow = async (): Promise<void> => {
    let since = 'now';
    while (!controller.signal.aborted) {
      const answer = await fetch(
        `${app}/sync/feed/_changes?feed=longpoll&include_docs=true&heartbeat=30000&since=${encodeURIComponent(since)}`,
        { headers: { cookie }, signal: controller.signal },
      );
      since = ((await answer.json()) as { last_seq: string }).last_seq;
    }
  };
  const following = follow().catch((error: unknown) => {
    if (!controller.signal.aborted) throw error;
  });
  return {
    cookie,
    stop: async () => {
      controller.abort();
      await following;
    },
  };
}

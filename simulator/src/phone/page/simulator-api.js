/** What the page asks of the simulator it is served by. */

const call = async (method, path, body) => {
  const response = await fetch(`/_sim${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  return response.json();
};

const of = (phone) => `/customers/${encodeURIComponent(phone)}`;
const query = (phoneNumberId) => `?phoneNumberId=${encodeURIComponent(phoneNumberId)}`;

export const api = {
  numbers: () => call('GET', '/numbers'),
  customers: (phoneNumberId) => call('GET', `/customers${query(phoneNumberId)}`),
  messages: (phone, phoneNumberId) => call('GET', `${of(phone)}/messages${query(phoneNumberId)}`),
  write: (phone, message) => call('POST', `${of(phone)}/messages`, message),
  read: (phone, phoneNumberId) => call('POST', `${of(phone)}/read`, { phoneNumberId }),
  change: (phone, patch) => call('PUT', of(phone), patch),
  stats: () => call('GET', '/stats'),
  startLoad: (options) => call('POST', '/load', options),
  stopLoad: () => call('DELETE', '/load'),
};

/** Live events; EventSource reconnects by itself, and `opened` tells to fetch what was missed. */
export const listen = ({ opened, lost, heard }) => {
  const source = new EventSource('/_sim/events');
  source.addEventListener('open', opened);
  source.addEventListener('error', lost);
  source.addEventListener('message', (event) => heard(JSON.parse(event.data)));
};

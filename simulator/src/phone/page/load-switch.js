/** Customers who write by themselves, switched on and off. */
import { $ } from './dom.js';
import { api } from './simulator-api.js';
import { words } from './words.js';

/** Returns `draw(stats)`. */
export const createLoadSwitch = ({ phoneNumberId, failed }) => {
  const isOn = () => $('load-switch').getAttribute('aria-checked') === 'true';

  const draw = ({ running, written }) => {
    $('load-switch').setAttribute('aria-checked', String(running));
    $('load-state').textContent = running ? words.loadOn(written) : words.loadOff;
  };

  $('load-switch').addEventListener('click', () => {
    const pace = { ratePerSecond: 0.4, customers: 12, phoneNumberId: phoneNumberId() };
    const change = isOn() ? api.stopLoad() : api.startLoad(pace);
    change.then(draw).catch(failed);
  });
  const watch = () => {
    if (!isOn()) return;
    api
      .stats()
      .then(({ load }) => draw(load))
      .catch(() => {});
  };
  setInterval(watch, 2000);
  return draw;
};

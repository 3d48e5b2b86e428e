import { createContext } from 'svelte';
import { updated } from '$app/state';

const hour = 3_600_000;
const restartedKey = 'recado-restarted';

/**
 * New versions of the app. The worker keeps one whole version on the device, so that a page and what it loads later
 * fit together. The next one is fetched beside it and waits until the person agrees, in any tab. Then every tab
 * starts again with it: the scripts of the old version are gone, and drafts are in the local database.
 */
export class Updates {
  /** A new version is on the device and waits. */
  ready = $state(false);
  #registration: ServiceWorkerRegistration | null = null;
  #quietUntil = 0;

  /** Browsers look for a new worker when a page is opened; this app stays open all day. */
  start(): () => void {
    window.addEventListener('vite:preloadError', this.#missScript);
    if (!('serviceWorker' in navigator) || import.meta.env.DEV)
      return () => window.removeEventListener('vite:preloadError', this.#missScript);
    let controlled = navigator.serviceWorker.controller !== null;
    const changeHands = () => {
      // The very first worker takes charge of a page that fits it.
      if (controlled) location.reload();
      controlled = true;
    };
    const look = () => {
      if (document.visibilityState === 'visible') void this.#look();
    };
    const timer = setInterval(look, hour);
    navigator.serviceWorker.addEventListener('controllerchange', changeHands);
    document.addEventListener('visibilitychange', look);
    window.addEventListener('online', look);
    void this.#register();
    return () => {
      clearInterval(timer);
      navigator.serviceWorker.removeEventListener('controllerchange', changeHands);
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('online', look);
      window.removeEventListener('vite:preloadError', this.#missScript);
    };
  }

  async #register(): Promise<void> {
    // The shell is some 60 files: they must not compete with the inbox for the first connection.
    if (document.readyState !== 'complete')
      await new Promise((resolve) => window.addEventListener('load', resolve, { once: true }));
    const registration = await navigator.serviceWorker
      .register('/service-worker.js', { type: 'module' })
      .catch(() => null);
    if (!registration) return;
    this.#registration = registration;
    const follow = () => registration.installing?.addEventListener('statechange', this.#tell);
    registration.addEventListener('updatefound', follow);
    follow();
    this.#tell();
  }

  async #look(): Promise<void> {
    // Without a network there is nothing to be found; the next look will be.
    await this.#registration?.update().catch(() => undefined);
    this.#tell();
  }

  #tell = (): void => {
    const { waiting, active } = this.#registration ?? {};
    // The first version of all waits for nobody.
    if (waiting && active && Date.now() >= this.#quietUntil) this.ready = true;
  };

  /** Asks again on the next visit, or in the course of a long day. */
  later(): void {
    this.#quietUntil = Date.now() + 4 * hour;
    this.ready = false;
  }

  /** The new version takes over; when it has, all tabs start again. */
  take(): void {
    const waiting = this.#registration?.waiting;
    if (waiting) waiting.postMessage({ type: 'SKIP_WAITING' });
    else location.reload();
  }

  /**
   * A script of this version is neither on the device nor on the server. When the server has another version, this
   * page moves to that one. Without a network it stays: starting again could leave nothing at all.
   */
  #missScript = (): void => {
    void updated.check().then((other) => {
      // A server in the middle of a deployment would have the page start again for ever.
      const restarted = Number(sessionStorage.getItem(restartedKey));
      if (!other || Date.now() - restarted < 60_000) return;
      sessionStorage.setItem(restartedKey, String(Date.now()));
      this.take();
    });
  };
}

export const [getUpdates, setUpdates] = createContext<Updates>();

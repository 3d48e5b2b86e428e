import { createContext } from 'svelte';
import type { Workbox } from 'workbox-window';

interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}
const declinedKey = 'recado-install-declined';

/** The service worker and its updates, and the browser's offer to install. */
export class Installation {
  updateReady = $state(false);
  #offer = $state.raw<InstallOffer | null>(null);
  #workbox: Workbox | null = null;

  /** There is something to ask the person. */
  get asking(): boolean {
    return this.updateReady || this.offered;
  }

  get offered(): boolean {
    return this.#offer !== null;
  }

  start(): () => void {
    const keep = (event: Event) => {
      event.preventDefault();
      if (!localStorage.getItem(declinedKey)) this.#offer = event as InstallOffer;
    };
    window.addEventListener('beforeinstallprompt', keep);
    if ('serviceWorker' in navigator && !import.meta.env.DEV) void this.#register();
    return () => window.removeEventListener('beforeinstallprompt', keep);
  }

  async #register(): Promise<void> {
    const { Workbox } = await import('workbox-window');
    const workbox = new Workbox('/service-worker.js', { type: 'module' });
    this.#workbox = workbox;
    workbox.addEventListener('waiting', () => (this.updateReady = true));
    await workbox.register().catch(() => undefined);
  }

  /** The new version takes over, and the page starts again with it: in the middle of nothing. */
  update(): void {
    this.#workbox?.addEventListener('controlling', () => location.reload());
    this.#workbox?.messageSkipWaiting();
  }

  async install(): Promise<void> {
    const offer = this.#offer;
    this.#offer = null;
    await offer?.prompt();
  }

  decline(): void {
    this.#offer = null;
    localStorage.setItem(declinedKey, '1');
  }
}

export const [getInstallation, setInstallation] = createContext<Installation>();

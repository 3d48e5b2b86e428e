import { createContext } from 'svelte';

/** Chromium's own event; no other browser has it, and TypeScript's library does not know it. */
interface BeforeInstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
  readonly userChoice: Promise<{ outcome: 'accepted' | 'dismissed' }>;
}
const declinedKey = 'recado-install-declined';

/**
 * The browser's offer to install the app, kept back until the person is asked in a quiet place. It usually comes
 * before the app has started: `static/before-app.js` keeps it until then.
 *
 * On iPhones and iPads no browser makes an offer: there the person is told how to do it. It matters more there, for
 * what a site has stored is deleted after seven days without a visit unless the app is on the home screen.
 */
export class InstallOffer {
  #event = $state.raw<BeforeInstallPromptEvent | null>(null);
  #byHand = $state(false);

  get open(): boolean {
    return this.#event !== null || this.#byHand;
  }

  /** The person can only be told how. */
  get byHand(): boolean {
    return this.#byHand;
  }

  start(): () => void {
    const consider = (event: Event | undefined) => {
      const installed = matchMedia('(display-mode: standalone)').matches;
      if (event && !installed && !localStorage.getItem(declinedKey))
        this.#event = event as BeforeInstallPromptEvent;
    };
    const drop = () => (this.#event = null);
    // Only where pages can be put on a home screen by hand is there such a field: false in the browser, true from there.
    const { standalone } = navigator as { standalone?: boolean };
    this.#byHand = standalone === false && !localStorage.getItem(declinedKey);
    consider((globalThis as { recadoInstallOffer?: Event }).recadoInstallOffer);
    window.addEventListener('beforeinstallprompt', consider);
    window.addEventListener('appinstalled', drop);
    return () => {
      window.removeEventListener('beforeinstallprompt', consider);
      window.removeEventListener('appinstalled', drop);
    };
  }

  async install(): Promise<void> {
    const event = this.#event;
    if (!event) return;
    // An offer can be used once.
    this.#event = null;
    await event.prompt();
    if ((await event.userChoice).outcome === 'dismissed') this.decline();
  }

  decline(): void {
    this.#event = null;
    this.#byHand = false;
    localStorage.setItem(declinedKey, '1');
  }
}

export const [getInstallOffer, setInstallOffer] = createContext<InstallOffer>();

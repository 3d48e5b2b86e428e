import { createContext } from 'svelte';
import type { Dictionary } from './es.ts';
import { createFormat, type Format } from './format.ts';
import { isLocale, locales, type Locale } from './locales.ts';

const dictionaries: Record<Locale, () => Promise<Dictionary>> = {
  es: () => import('./es.ts').then((module) => module.es),
  'pt-BR': () => import('./pt-br.ts').then((module) => module.ptBR),
  en: () => import('./en.ts').then((module) => module.en),
};
const storageKey = 'recado-locale';

/** The interface's language: texts and formats. Loaded before anything is shown. */
export class I18n {
  locale = $state<Locale>('es');
  t = $state.raw<Dictionary>(undefined as unknown as Dictionary);
  format = $derived<Format>(createFormat(this.locale));

  static async load(): Promise<I18n> {
    const i18n = new I18n();
    await i18n.use(preferred());
    return i18n;
  }

  async use(locale: Locale): Promise<void> {
    this.t = await dictionaries[locale]();
    this.locale = locale;
    document.documentElement.lang = locale;
  }

  async choose(locale: Locale): Promise<void> {
    await this.use(locale);
    localStorage.setItem(storageKey, locale);
  }
}

function preferred(): Locale {
  const chosen = localStorage.getItem(storageKey);
  if (isLocale(chosen)) return chosen;
  for (const language of navigator.languages) {
    const match = locales.find((locale) => locale.slice(0, 2) === language.slice(0, 2).toLowerCase());
    if (match) return match;
  }
  return 'es';
}

export const [getI18n, setI18n] = createContext<I18n>();

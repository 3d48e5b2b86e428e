export const locales = ['es', 'pt-BR', 'en'] as const;
export type Locale = (typeof locales)[number];
export const localeNames: Record<Locale, string> = { es: 'Español', 'pt-BR': 'Português', en: 'English' };
export const isLocale = (value: unknown): value is Locale => locales.some((locale) => locale === value);

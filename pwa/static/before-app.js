// What cannot wait for the app: the theme and the language that were chosen last, before anything is painted …
try {
  const theme = localStorage.getItem('recado-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  const locale = localStorage.getItem('recado-locale');
  if (locale) document.documentElement.lang = locale;
} catch {
  // Storage may be refused; the system's theme and Spanish are fine.
}

// … and the browser's offer to install, which comes once, as soon as it has read the manifest.
addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  globalThis.recadoInstallOffer = event;
});

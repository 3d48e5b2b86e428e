export type ThemeChoice = 'system' | 'light' | 'dark';
const key = 'recado-theme';

/** Light, dark, or as the system says. `before-app.js` applies the same choice before the first paint. */
export class Theme {
  choice = $state<ThemeChoice>(read());

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    if (choice === 'system') {
      localStorage.removeItem(key);
      delete document.documentElement.dataset.theme;
    } else {
      localStorage.setItem(key, choice);
      document.documentElement.dataset.theme = choice;
    }
  }
}

function read(): ThemeChoice {
  const stored = localStorage.getItem(key);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** Language and colours: chosen once, remembered in this browser, else as the device has them. */
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import type { Phrase } from "./api";
import { en, type Words } from "./words/en";
import { zh } from "./words/zh";

export type Language = "en" | "zh";
export type Theme = "auto" | "light" | "dark";
export const WORDS: Record<Language, Words> = { en, zh };

interface Settings {
  readonly language: Language;
  readonly theme: Theme;
  readonly words: Words;
  readonly say: (phrase: Phrase) => string;
  readonly setLanguage: (language: Language) => void;
  readonly setTheme: (theme: Theme) => void;
}

const Context = createContext<Settings | null>(null);

export function useSettings(): Settings {
  const found = useContext(Context);
  if (found === null) throw new Error("outside of the settings");
  return found;
}

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // it is asked again next time
  }
}

function firstLanguage(): Language {
  const kept = remembered("salus.language");
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function firstTheme(): Theme {
  const kept = remembered("salus.theme");
  return kept === "light" || kept === "dark" ? kept : "auto";
}

export function SettingsProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage);
  const [theme, setTheme] = useState(firstTheme);
  useEffect(() => {
    document.documentElement.lang = WORDS[language].tag;
    remember("salus.language", language);
  }, [language]);
  useEffect(() => {
    if (theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    remember("salus.theme", theme);
  }, [theme]);
  const say = (phrase: Phrase): string => phrase[language];
  return (
    <Context.Provider value={{ language, theme, words: WORDS[language], say, setLanguage, setTheme }}>
      {children}
    </Context.Provider>
  );
}

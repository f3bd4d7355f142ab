import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { SettingsProvider } from "./settings";
import "./style/base.css";
import "./style/parts.css";
import "./style/pages.css";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element to draw in.");
createRoot(root).render(
  <StrictMode>
    <SettingsProvider>
      <App />
    </SettingsProvider>
  </StrictMode>,
);

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element to draw in.");
createRoot(root).render(
  <StrictMode>
    <main>
      <h1>Salus</h1>
    </main>
  </StrictMode>,
);

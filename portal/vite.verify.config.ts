/** The verifier alone, as one module without dependencies: what the tests load, and what anybody may keep. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    outDir: "build",
    emptyOutDir: true,
    target: "es2024",
    lib: { entry: "src/verify/index.ts", formats: ["es"], fileName: "verify" },
  },
});
